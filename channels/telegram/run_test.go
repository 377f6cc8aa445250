package telegram

import (
	"context"
	"sync"
	"testing"
	"time"

	"concierge/channels/channeltest"
)

func TestTelegramIsAChannel(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) *channeltest.Rig {
		r := newRig(t, channeltest.TelegramOptions{Lift: true, MostPause: 20 * time.Millisecond}, nil)
		return &channeltest.Rig{
			Channel: r.Channel(), Resident: "telegram:12345", Got: r.got, Ledger: r.fake.Ledger, Script: r.fake.Script,
			Write: func(ctx context.Context, text string, copies int) int {
				if copies == 1 {
					return r.fake.Say(ctx, chat, text)
				}
				raw := r.fake.Raw(map[string]any{"message": r.fake.Message(chat, map[string]any{"text": text})})
				var group sync.WaitGroup
				worst := make([]int, copies)
				for i := range copies {
					group.Go(func() { worst[i] = r.fake.Post(ctx, channeltest.TelegramSecret, raw) })
				}
				group.Wait()
				return max(worst[0], worst[1], worst[copies-1])
			},
		}
	})
}
