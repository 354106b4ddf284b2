package platform

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// tokenLife is how long a token that Beam makes lets somebody in: longer than
	// a recording may take, because it is shown again after a lost connection.
	tokenLife = 6 * time.Hour
	// tokenLeeway is how much the clock of whoever made a token may be ahead.
	tokenLeeway = time.Minute
)

// videoGrant says what may be done in a room. A permission that is not there is
// granted.
type videoGrant struct {
	Room           string `json:"room,omitempty"`
	RoomJoin       bool   `json:"roomJoin,omitempty"`
	CanSubscribe   *bool  `json:"canSubscribe,omitempty"`
	CanPublish     *bool  `json:"canPublish,omitempty"`
	CanPublishData *bool  `json:"canPublishData,omitempty"`
	Hidden         bool   `json:"hidden,omitempty"`
	Recorder       bool   `json:"recorder,omitempty"`
}

// accessToken is a LiveKit access token: a JWT (RFC 7519) whose issuer is the API
// key, signed by HMAC-SHA256 with the API secret.
type accessToken struct {
	jwt.RegisteredClaims
	Name  string      `json:"name,omitempty"`
	Video *videoGrant `json:"video,omitempty"`
}

// liveKitToken returns the token to join a room with: the one of the request,
// looked at but not verified, which only the server can do, or a new one.
func liveKitToken(r Request, now time.Time) (string, error) {
	s := r.Secrets
	switch {
	case s.Token != "":
		if err := checkLiveKitToken(s.Token, r.Room, now); err != nil {
			return "", err
		}
		return s.Token, nil
	case s.APIKey == "" && s.APISecret == "":
		return "", fmt.Errorf("nothing to get into the LiveKit room with; " +
			"set LIVEKIT_TOKEN, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET, in the environment")
	case s.APIKey == "":
		return "", fmt.Errorf("LIVEKIT_API_SECRET is set and LIVEKIT_API_KEY is not; set both")
	case s.APISecret == "":
		return "", fmt.Errorf("LIVEKIT_API_KEY is set and LIVEKIT_API_SECRET is not; set both")
	case r.Room == "":
		return "", fmt.Errorf("which room of the LiveKit server? give its name with --room")
	}
	return mintLiveKitToken(r, now)
}

// mintLiveKitToken makes a token with which nobody sees or hears who joins.
func mintLiveKitToken(r Request, now time.Time) (string, error) {
	no, yes := false, true
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, accessToken{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: r.Secrets.APIKey,
			// Two recorders of one room must not throw each other out.
			Subject:   "beam-" + strings.ToLower(rand.Text()[:12]),
			NotBefore: jwt.NewNumericDate(now.Add(-tokenLeeway)),
			ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife)),
		},
		Name: r.Name,
		Video: &videoGrant{
			Room: r.Room, RoomJoin: true, CanSubscribe: &yes, CanPublish: &no, CanPublishData: &no, Hidden: true, Recorder: true,
		},
	}).SignedString([]byte(r.Secrets.APISecret))
	if err != nil {
		return "", fmt.Errorf("make a LiveKit token: %w", err)
	}
	return token, nil
}

// checkLiveKitToken finds what would make the server refuse a token, or the
// recording stay empty, before anything is started.
func checkLiveKitToken(token, room string, now time.Time) error {
	var claims accessToken
	// The library's errors may quote the token.
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return fmt.Errorf("LIVEKIT_TOKEN is no LiveKit token; it has three parts with dots between them, such as lk token create prints")
	}
	expires, starts, grant := claims.ExpiresAt, claims.NotBefore, claims.Video
	switch {
	case expires != nil && !now.Before(expires.Time):
		return fmt.Errorf("LIVEKIT_TOKEN expired at %s; make a new one", expires.UTC().Format(time.RFC3339))
	case starts != nil && now.Add(tokenLeeway).Before(starts.Time):
		return fmt.Errorf("LIVEKIT_TOKEN is not valid before %s", starts.UTC().Format(time.RFC3339))
	case grant == nil || !grant.RoomJoin:
		return fmt.Errorf("LIVEKIT_TOKEN does not allow to join a room; make one with roomJoin")
	case grant.CanSubscribe != nil && !*grant.CanSubscribe:
		return fmt.Errorf("LIVEKIT_TOKEN does not allow to see or hear anybody; make one with canSubscribe")
	case grant.Room == "":
		return fmt.Errorf("LIVEKIT_TOKEN names no room; make one for the room that is to be recorded")
	case room != "" && grant.Room != room:
		return fmt.Errorf("LIVEKIT_TOKEN is for the room %q, and --room is %q", grant.Room, room)
	}
	return nil
}
