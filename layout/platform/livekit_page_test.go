//go:build e2e

package platform_test

import (
	"testing"

	"beam/capture/chrome"
	"beam/layout/platform"
)

// visitLiveKit opens the page of the fixture.
func visitLiveKit(t *testing.T, b *chrome.Browser, setup string) visit {
	t.Helper()
	j := platform.Join{URL: serve(t) + "/livekit.html", Script: platform.LiveKitScript()}
	v := open(t, b, j, map[string]any{
		"layout": "native", "extra": map[string]string{"url": "wss://live.example", "token": "t.o.k"},
	})
	v.do(setup + "; fake.begin()")
	return v
}

func TestLiveKitPeople(t *testing.T) {
	v := visitLiveKit(t, launch(t), "")
	v.want("heard.types()", "joined people")
	v.want("JSON.stringify(fake.room.connects)", `[{"url":"wss://live.example","token":"t.o.k","options":{"autoSubscribe":true}}]`)
	v.want("window.__beamLiveKit", nil)
	v.want("JSON.stringify(fake.shows)", "[true]")

	v.do(`fake.ana = fake.join('ana', { attributes: { role: 'host' }, metadata: '{"role":"guest"}' }, fake.publication('camera'), fake.publication('microphone'));
		fake.join('ben', { metadata: '{"role":"guest"}' }, fake.publication('unknown'), fake.publication('screen_share'), fake.publication('screen_share_audio'));
		fake.join('cam', { name: '', metadata: 'no JSON' }, fake.publication('camera', { track: undefined }));
		fake.join('spy', { permissions: { hidden: true } });
		fake.join('egress', { kind: 2 })`)
	v.want("heard.people().length", float64(5))
	v.want("heard.media('ana')", "camera video live, microphone audio live")
	v.want("heard.media('ben')", "camera video live, screen video live, screen-audio audio live")
	v.want("heard.media('cam')", "")
	v.want("['ana', 'ben', 'cam'].map((id) => heard.person(id).role).join()", "host,guest,")
	v.want("['ana', 'spy', 'egress'].map((id) => heard.person(id).self).join()", "false,true,true")
	v.want("heard.person('ana').name + heard.person('ana').joinedAt", "ANA1700000000000")

	v.do("fake.ana.trackPublications.get('1').isMuted = true; fake.ana.isSpeaking = true; fake.ana.attributes = { role: 'cohost' }; fake.room.emit('trackMuted')")
	v.want("heard.media('ana')", "camera video live, microphone muted audio live")
	v.want("heard.person('ana').role + heard.person('ana').speaking", "cohosttrue")
	v.do("fake.room.remoteParticipants.delete('ben'); fake.room.emit('participantDisconnected')")
	v.want("heard.people().length", float64(4))

	// The layout by the recorder's metadata.
	v.do(`for (const layout of ['speaker-light', 'speaker-light', 'single-speaker', 'mosaic']) {
		fake.room.localParticipant.metadata = JSON.stringify({ layout });
		fake.room.emit('participantMetadataChanged', '', fake.room.localParticipant);
	}`)
	v.want("heard.layouts.join()", "speaker,spotlight")
	v.do("heard.adapter.layout('grid')")
	v.want("JSON.stringify(fake.shows)", "[true,false]")
	v.do("heard.adapter.close()")
	v.want("fake.room.left", true)
}

// With a filter, nobody who does not pass is subscribed to, also after a change.
func TestLiveKitFilter(t *testing.T) {
	script := "(room) => (" + platform.LiveKitScript() + ")({ ...room, filtering: () => true, passes: (p) => p.role === 'host' })"
	v := open(t, launch(t), platform.Join{URL: serve(t) + "/livekit.html", Script: script}, map[string]any{
		"layout": "grid", "extra": map[string]string{"url": "wss://live.example", "token": "t.o.k"},
	})
	v.do("fake.begin()")
	v.want("heard.types()", "joined people")
	v.want("fake.room.connects[0].options.autoSubscribe", false)
	v.do(`fake.sent = {};
		for (const [id, role, o] of [['ana', 'host'], ['ben', 'guest'], ['spy', 'host', { permissions: { recorder: true } }]]) {
			fake.join(id, { attributes: { role }, ...o }, fake.sent[id] = fake.publication('microphone'));
		}`)
	v.want("heard.people().length", float64(3))
	v.want("['ana', 'ben', 'spy'].map((id) => fake.sent[id].calls).join()", "+,,")
	v.do(`fake.room.remoteParticipants.get('ana').attributes = { role: 'guest' }; fake.room.remoteParticipants.get('ben').attributes = { role: 'host' };
		fake.room.emit('participantAttributesChanged')`)
	v.want("['ana', 'ben', 'spy'].map((id) => fake.sent[id].calls).join()", "+-,+,")
	v.do("fake.room.remoteParticipants.get('ben').trackPublications.set('9', fake.sent.screen = fake.publication('screen_share')); fake.room.emit('trackPublished')")
	v.want("fake.sent.screen.calls", "+")
}

func TestLiveKitChat(t *testing.T) {
	v := visitLiveKit(t, launch(t), "")
	v.want("heard.types()", "joined people")
	v.do(`const ana = fake.join('ana', { attributes: { role: 'host' } });
		const reader = (id, text) => ({ info: { id, timestamp: 1700000000000 }, readAll: async () => text });
		fake.room.textHandlers['lk.chat'](reader('1', ' hello '), { identity: 'ana' });
		const legacy = (o, topic = 'lk-chat-topic') => fake.room.emit('dataReceived', new TextEncoder().encode(typeof o === 'string' ? o : JSON.stringify(o)), ana, 0, topic);
		await new Promise((done) => setTimeout(done, 50));
		legacy({ id: '1', timestamp: 1, message: 'hello', ignoreLegacy: true });
		legacy({ id: '2', timestamp: 1700000000001, message: 'old' });
		legacy({ id: '3', timestamp: 1, message: 'no chat' }, 'other');
		legacy('no JSON'); legacy({ message: 7 });
		fake.room.emit('chatMessage', { id: '4', timestamp: 1700000000002, message: 'packet' }, ana);
		fake.room.emit('chatMessage', { id: '4', timestamp: 1700000000002, message: 'packet' }, ana)`)
	v.want("heard.said.filter((s) => s.type === 'chat').map(({ value: c }) => `${c.id} ${c.senderId} ${c.senderName} ${c.roles} ${c.sentAt} ${c.text}`).join('; ')",
		"1 ana ANA host 1700000000000 hello; 2 ana ANA host 1700000000001 old; 4 ana ANA host 1700000000002 packet")
}

func TestLiveKitReconnects(t *testing.T) {
	v := visitLiveKit(t, launch(t), "fake.faults = [{ message: 'no route', reason: 1 }]")
	// A server that answers late is a server.
	v.want("heard.types()", "joined people")
	v.do("fake.room.emit('signalReconnecting'); fake.room.emit('reconnecting'); fake.room.emit('reconnected')")
	v.want("heard.types()", "joined people reconnecting reconnected")
	// The client gave up, with no reason that means an end.
	v.do("fake.room.emit('disconnected', DisconnectReason.SIGNAL_CLOSE)")
	v.want("heard.types()", "joined people reconnecting reconnected reconnecting reconnected")
	v.want("fake.room.connects.length", float64(3))
	v.do("fake.faults = [{ message: 'token is expired', reason: 0 }]; fake.room.emit('disconnected', undefined)")
	v.want("heard.value('ended')", "the connection to the room was lost: live.example refused the recorder: token is expired")
}

func TestLiveKitEnds(t *testing.T) {
	b := launch(t)
	for _, c := range []struct{ name, setup, event, said, text string }{
		{"deleted", "", "ROOM_DELETED", "ended", "the room was closed"},
		{"everybody left", "", "ROOM_CLOSED", "ended", "the room was closed, because everybody had left"},
		{"shutdown", "", "SERVER_SHUTDOWN", "ended", "the LiveKit server shut down"},
		{"removed", "", "PARTICIPANT_REMOVED", "kicked", "the recorder was removed from the room"},
		{"twice", "", "DUPLICATE_IDENTITY", "kicked", "somebody else joined with the recorder's identity; each recorder needs a token of its own"},
		{"bad token", "fake.faults = [{ message: 'invalid token: t.o.k', reason: 0 }]", "", "refused", "live.example refused the recorder: invalid token: ..."},
		{"full", "fake.faults = [{ message: 'join failed', reason: 4, context: DisconnectReason.JOIN_FAILURE }]", "", "refused", "live.example sent the recorder away: join failed"},
		{"no server", "fake.faults = [1, 2, 3].map((n) => ({ message: 'attempt ' + n, reason: 1 }))", "", "refused", "live.example can't be reached: attempt 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visitLiveKit(t, b, c.setup)
			if c.event != "" {
				v.want("heard.types()", "joined people")
				v.do("fake.room.emit('disconnected', DisconnectReason." + c.event + ")")
			}
			v.want("heard.value("+quote(c.said)+")", c.text)
			v.do("fake.room.emit('disconnected', DisconnectReason.ROOM_DELETED); await new Promise((done) => setTimeout(done, 100))")
			v.want("heard.said.filter((s) => ['ended', 'kicked', 'refused'].includes(s.type)).length", float64(1))
		})
	}
}
