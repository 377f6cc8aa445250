package desk

// RouteForTest is a route as the test of rights sees it.
type RouteForTest struct{ Pattern, Act string }

// RoutesForTest lists every route there is.
func RoutesForTest() (all []RouteForTest) {
	for _, r := range routes() {
		all = append(all, RouteForTest{r.pattern, string(r.act)})
	}
	return all
}
