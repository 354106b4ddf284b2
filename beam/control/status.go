package control

import (
	"context"
	"time"
)

// Status is how a recording stands.
type Status struct {
	ID              string    `json:"id"`
	PID             int       `json:"pid"`
	State           string    `json:"state"`
	Healthy         bool      `json:"healthy"` // false when nothing has been captured for long
	Room            string    `json:"room"`    // without what is secret in it
	Output          string    `json:"output"`
	StartedAt       time.Time `json:"started_at"`
	RecordedSeconds float64   `json:"recorded_seconds"`
	Bytes           int64     `json:"bytes"`
	FPS             float64   `json:"fps"`
	LevelDBFS       float64   `json:"level_dbfs"`
	Engine          string    `json:"engine"`
	Layout          string    `json:"layout"`
	People          int       `json:"people"`          // in the room, the recorder left out
	Recorded        int       `json:"people_recorded"` // of them
	Upload          string    `json:"upload,omitempty"`
	UploadedBytes   int64     `json:"uploaded_bytes,omitempty"`
	Notices         []string  `json:"notices"`
}

// Recording is what can be controlled. Its methods may be called from any
// goroutine; errors are for the user.
type Recording interface {
	Status() Status
	Stop()
	Pause(context.Context) error
	Resume(context.Context) error
	SetLayout(ctx context.Context, name string) error
	Exclude(ctx context.Context, names []string) error
	Include(ctx context.Context, names []string) error
	Mark(text string) error
}
