package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// studio is the server, its room and who is in it. It is used by one goroutine.
type studio struct {
	server           *server
	room             string
	began            time.Time
	pictures, sounds []clip // by index of cast
	screen           clip
	service          *lksdk.RoomServiceClient
	members          map[int]*member // by index of cast
}

// openStudio opens a room. The files of the server go into dir, those of the clips
// into clips.
func openStudio(ctx context.Context, path, dir, clips, room string) (*studio, error) {
	s := &studio{room: room, members: map[int]*member{}}
	var err error
	if s.pictures, s.sounds, s.screen, err = makeClips(ctx, clips); err != nil {
		return nil, err
	}
	if s.server, err = startServer(ctx, path, dir); err != nil {
		return nil, err
	}
	s.began = time.Now()
	s.service = lksdk.NewRoomServiceClient(s.server.url, s.server.key, s.server.secret)
	if _, err := s.service.CreateRoom(ctx, &livekit.CreateRoomRequest{Name: room}); err != nil {
		s.close()
		return nil, fmt.Errorf("make the room: %w", err)
	}
	return s, nil
}

func (s *studio) close() {
	for i := range s.members {
		s.leave(i)
	}
	s.server.stop()
}

func (s *studio) leave(i int) {
	s.members[i].leave()
	delete(s.members, i)
}

// do carries out one command.
func (s *studio) do(ctx context.Context, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	who, what, _ := strings.Cut(rest, " ")
	switch verb {
	case "end":
		_, err := s.service.DeleteRoom(ctx, &livekit.DeleteRoomRequest{Room: s.room})
		for i := range s.members {
			s.leave(i)
		}
		return err
	case "kick", "layout":
		return s.recorder(ctx, verb, who, what)
	}
	i, known := find(who)
	if !known {
		return fmt.Errorf("nobody is named %q", who)
	}
	m := s.members[i]
	if verb == "join" {
		if m != nil {
			return nil
		}
		m, err := s.enter(ctx, i)
		if err == nil {
			s.members[i] = m
		}
		return err
	}
	if m == nil {
		return fmt.Errorf("%s is not in the room", who)
	}
	switch verb {
	case "leave":
		s.leave(i)
		return nil
	case "mute":
		m.voice.SetMuted(what == "on")
		return nil
	case "share":
		return s.share(ctx, m, what == "on")
	case "role":
		// By the server: a person's own token does not allow it.
		_, err := s.service.UpdateParticipant(ctx, &livekit.UpdateParticipantRequest{
			Room: s.room, Identity: who, Attributes: map[string]string{"role": what},
		})
		return err
	case "say":
		m.room.LocalParticipant.SendText(what, lksdk.StreamTextOptions{Topic: "lk.chat"})
		return nil
	}
	return fmt.Errorf("command %q is not known", verb)
}

// recorder does something to somebody who is not of the cast.
func (s *studio) recorder(ctx context.Context, verb, who, what string) error {
	list, err := s.service.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: s.room})
	if err != nil {
		return err
	}
	for _, p := range list.GetParticipants() {
		prefix, glob := strings.CutSuffix(who, "*")
		if p.GetIdentity() != who && (!glob || !strings.HasPrefix(p.GetIdentity(), prefix)) {
			continue
		}
		if verb == "kick" {
			_, err := s.service.RemoveParticipant(ctx, &livekit.RoomParticipantIdentity{Room: s.room, Identity: p.GetIdentity()})
			return err
		}
		metadata, err := json.Marshal(map[string]string{"layout": what})
		if err != nil {
			return err
		}
		_, err = s.service.UpdateParticipant(ctx, &livekit.UpdateParticipantRequest{
			Room: s.room, Identity: p.GetIdentity(), Metadata: string(metadata),
		})
		return err
	}
	return errors.New("nobody of that identity is in the room")
}
