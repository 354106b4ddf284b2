package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrGone means that there is no recording with an id, or no longer.
var ErrGone = errors.New("no such recording is running")

// Client controls one recording.
type Client struct {
	id   string
	path string
	http http.Client
}

const answerLimit = 15 * time.Second

// Open returns a client for the recording with an id. It fails with ErrGone when
// none is running.
func Open(id string) (*Client, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	path, err := find(id)
	if err != nil {
		return nil, err
	}
	c := &Client{id: id, path: path}
	c.http = http.Client{Timeout: answerLimit, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
			if err != nil {
				return nil, err
			}
			// Whoever answers is told what the user wants, and believed.
			if err := checkPeer(conn, os.Getuid()); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
			return conn, nil
		},
	}}
	return c, nil
}

// Status returns how the recording stands.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, c.call(ctx, http.MethodGet, "status", nil, &s)
}

// Stop ends the recording in order; it returns before the end.
func (c *Client) Stop(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "stop", request{}, nil)
}

// Pause begins to leave out what happens.
func (c *Client) Pause(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "pause", request{}, nil)
}

// Resume ends a pause.
func (c *Client) Resume(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "resume", request{}, nil)
}

// SetLayout changes the layout.
func (c *Client) SetLayout(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "layout", request{Layout: name}, nil)
}

// Exclude leaves people out from now on, by name or id.
func (c *Client) Exclude(ctx context.Context, names []string) error {
	return c.call(ctx, http.MethodPost, "exclude", request{Names: names}, nil)
}

// Include records people who were left out.
func (c *Client) Include(ctx context.Context, names []string) error {
	return c.call(ctx, http.MethodPost, "include", request{Names: names}, nil)
}

// Mark adds a chapter that begins now.
func (c *Client) Mark(ctx context.Context, text string) error {
	return c.call(ctx, http.MethodPost, "mark", request{Text: text}, nil)
}

func (c *Client) call(ctx context.Context, method, name string, body, into any) error {
	payload, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://beam/"+name, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT) {
			sweep()
			return fmt.Errorf("%s: %w", c.id, ErrGone)
		}
		return fmt.Errorf("%s does not answer: %w", c.id, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", c.id, err)
	}
	if res.StatusCode != http.StatusOK {
		var f failure
		if json.Unmarshal(text, &f) != nil || f.Error == "" {
			f.Error = res.Status
		}
		return fmt.Errorf("%s: %s", c.id, f.Error)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: the answer can't be read: %w", c.id, err)
	}
	return nil
}
