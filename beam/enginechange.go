package beam

import "beam/capture"

// engineRequest asks for the frames of another engine.
type engineRequest struct{ to, reason string }

// EngineChange is a change of the engine while recording.
type EngineChange struct {
	At     float64 `json:"at_seconds"` // on the recording's time
	From   string  `json:"from"`
	To     string  `json:"to"`
	Reason string  `json:"reason"`
}

// askEngine asks for the frames of another engine from now on.
func (t *take) askEngine(to, reason string) {
	select {
	case t.engines <- engineRequest{to: to, reason: reason}:
	default: // it has been asked for
	}
}

// engineVerdict ends the segment where its engine is to change.
func (t *take) engineVerdict(ask engineRequest) (verdict, bool) {
	s := t.segments.last()
	end := s.whole(capture.Now(), t.settings.FPS)
	if ask.to == s.engine || end <= s.start {
		return verdict{}, false
	}
	return verdict{next: nextEngine, end: end, ask: ask}, true
}

// changeEngine notes the change that a verdict asks for.
func (t *take) changeEngine(v verdict, at float64) {
	from := t.currentEngine()
	t.setEngine(v.ask.to)
	t.governing.renew(t.settings.FPS)
	t.pace.set(float64(t.settings.FPS))
	t.rates.set(v.end, float64(t.settings.FPS), "engine")
	t.changes = append(t.changes, EngineChange{At: round(at, 2), From: from, To: v.ask.to, Reason: v.ask.reason})
	t.notice("frames come from %s instead of %s from now on: %s", v.ask.to, from, v.ask.reason)
}

// currentEngine returns the engine that the frames come from now.
func (r *recorder) currentEngine() string {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	return r.engine
}

func (r *recorder) setEngine(engine string) {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	r.engine = engine
}
