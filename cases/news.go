package cases

// News is what a follower has not been told yet: the moves and public words of others since ToldSeq. all are the case's updates in
// order. It is empty when there is nothing to tell: nothing new, nothing but what they did themselves or what nobody hears of (notes,
// hidden updates, ratings, joining), or a state that is back to what they were last told.
func News(all []Update, f Follower) []Update {
	told, last := "", ""
	own := false
	words := false
	var news []Update
	for _, u := range all {
		if u.Hidden {
			continue
		}
		if u.Seq <= f.ToldSeq {
			if s := u.State(); s != "" {
				told = s + " " + u.PlannedFor + " " + u.NextStep
			}
			continue
		}
		mine := u.By.Kind == Resident && u.By.ID == string(f.Contact)
		if s := u.State(); s != "" {
			last, own = s+" "+u.PlannedFor+" "+u.NextStep, mine
		}
		if mine || u.State() == "" && !u.HasPublicText() {
			continue
		}
		words = words || u.HasPublicText()
		news = append(news, u)
	}
	if !words && (own || last == "" || last == told) {
		return nil
	}
	return news
}

// HasPublicText tells an update whose words followers may read.
func (u Update) HasPublicText() bool { return u.Public && !u.Hidden && u.Text != "" }
