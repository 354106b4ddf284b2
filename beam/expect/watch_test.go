package expect

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A page that is being left, that hangs and that shows the text at last is asked
// once a second, and no more once it did.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWatch(Wanted{Texts: []string{"Hello"}}, hideHunter)
		began := time.Now()
		var asked []time.Duration
		w.Run(t.Context(), func(ctx context.Context, _ string) ([]byte, error) {
			asked = append(asked, time.Since(began))
			switch len(asked) {
			case 1:
				return nil, errors.New("left")
			case 2:
				return []byte(`{"found":[false],"text":"Loading"}`), nil
			case 3: // it hangs
				<-ctx.Done()
				return nil, ctx.Err()
			case 4:
				return []byte(`"nonsense"`), nil
			}
			return []byte(`{"found":[true],"text":"Hello"}`), nil
		})
		if len(asked) != 5 || asked[1] != time.Second || asked[3] != 7*time.Second {
			t.Errorf("asked at %v", asked)
		}
		if s := w.Texts.Seen(); !s.Seen["Hello"] || s.Looks != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWatch(Wanted{Texts: []string{"Hello"}}, hideHunter)
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		asked := 0
		w.Run(ctx, func(context.Context, string) ([]byte, error) {
			asked++
			return []byte(`{"found":[false],"text":""}`), nil
		})
		if asked != 4 {
			t.Errorf("asked %d times", asked)
		}
		if NewWatch(Wanted{Audio: true}, hideHunter).Ask(t.Context(), nil) {
			t.Error("nothing is to be asked")
		}
	})
}
