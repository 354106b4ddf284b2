//go:build e2e

package platform_test

import (
	"slices"
	"testing"

	"beam/layout/platform"
)

// One browser visits all rooms.
func TestRooms(t *testing.T) {
	b, site := launch(t), serve(t)
	hms := func(t *testing.T, layout, query string) visit {
		v := enter(t, b, "100ms", platform.Request{URL: site + "/meeting/abc-def" + query, Name: "Beam", Layout: layout})
		v.want("typeof window.fixture", "object")
		return v
	}
	jitsi := func(t *testing.T, layout, query string) visit {
		v := enter(t, b, "jitsi", platform.Request{URL: site + "/jitsi.html" + query, Name: `B "eam" ☂`, Layout: layout})
		v.want("typeof window.fixture", "object")
		return v
	}
	t.Run("100ms: people", func(t *testing.T) { hmsPeople(t, hms(t, "grid", "")) })
	t.Run("100ms: ends", func(t *testing.T) {
		for _, tt := range []struct{ name, do, types, value string }{
			{"ended", `fixture.notify('ROOM_ENDED', { reason: 'time is up', roomEnded: true }); fixture.state('Disconnected')`, "joined people ended", "time is up"},
			{"ended, after its state", `fixture.state('Disconnected'); setTimeout(() => fixture.notify('ROOM_ENDED', { reason: 'late', roomEnded: true }), 300)`, "joined people ended", "late"},
			{"kicked", `fixture.notify('REMOVED_FROM_ROOM', { reason: 'no bots' }); fixture.state('Disconnected')`, "joined people kicked", "no bots"},
			{"gone", `fixture.state('Disconnected')`, "joined people ended", "the recorder is no longer in the room"},
			{"reconnects", `fixture.notify('RECONNECTING', null); fixture.state('Reconnecting'); setTimeout(() => { fixture.state('Connected'); fixture.notify('RECONNECTED', null); }, 400)`, "joined people reconnecting reconnected", ""},
			{"is lost", `fixture.notify('RECONNECTING', null); fixture.state('Reconnecting'); setTimeout(() => fixture.state('Failed'), 200)`, "joined people reconnecting", ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				v := hms(t, "native", "")
				v.want("heard.types()", "joined people")
				v.do(tt.do)
				v.want("heard.types()", tt.types)
				if tt.value != "" {
					v.want("heard.said.at(-1).value", tt.value)
				}
			})
		}
	})
	t.Run("100ms: preview", func(t *testing.T) {
		v := hms(t, "native", "?stuck=1")
		v.want("heard.types()", "joined people")
		v.want("heard.person('me').name", "Beam")
	})
	t.Run("100ms: preview of today", func(t *testing.T) {
		v := hms(t, "native", "?stuck=1&form=new")
		v.want("heard.types()", "joined people")
		v.want("heard.person('me').name", "Beam")
	})
	t.Run("100ms: refused", func(t *testing.T) {
		v := hms(t, "native", "?fails=token+is+expired")
		v.want("heard.types()", "refused")
		v.want("heard.value('refused')", "token is expired")
	})
	t.Run("100ms: waiting room", func(t *testing.T) {
		v := hms(t, "native", "?role=waiting-room")
		v.want("heard.types()", "waiting")
		v.do(`fixture.role('me', 'viewer')`)
		v.want("heard.types()", "waiting joined people")
	})
	t.Run("jitsi: people", func(t *testing.T) { jitsiPeople(t, jitsi(t, "grid", "")) })
	t.Run("jitsi: own layout", func(t *testing.T) {
		v := jitsi(t, "native", "")
		v.want("heard.types()", "joined people")
		v.want("JSON.stringify(fixture.conference.constraints.at(-1))", `{"lastN":-1,"defaultConstraints":{"maxHeight":180},"constraints":{"ana-v0":{"maxHeight":360}}}`)
		v.want("heard.adapter.layout('speaker') && !heard.adapter.layout('mosaic')", true)
		v.want("JSON.stringify(fixture.dispatched.at(-1))", `{"type":"SET_TILE_VIEW","enabled":false}`)
	})
	t.Run("jitsi: ends", func(t *testing.T) {
		for _, tt := range []struct{ name, do, types, value string }{
			{"kicked", `fixture.kick()`, "joined people kicked", "no bots here"},
			{"ended", `fixture.fail('conference.destroyed', 'Meeting ended by host')`, "joined people ended", "Meeting ended by host"},
			{"gone", `fixture.quit()`, "joined people ended", "the recorder is no longer in the room"},
			{"moved on", `fixture.quit(); setTimeout(fixture.join, 300)`, "joined people", ""},
			{"reconnects", `fixture.conference.emit('conference.connectionInterrupted'); setTimeout(() => fixture.conference.emit('conference.connectionRestored'), 400)`, "joined people reconnecting reconnected", ""},
			{"is lost", `fixture.fail('conference.iceFailed')`, "joined people reconnecting", ""},
			{"server lost", `fixture.loseServer()`, "joined people reconnecting", ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				v := jitsi(t, "native", "")
				v.want("heard.types()", "joined people")
				v.do(tt.do)
				v.want("heard.types()", tt.types)
				if tt.value != "" {
					v.want("heard.said.at(-1).value", tt.value)
				} else if tt.name != "reconnects" {
					// Longer than it takes to be given up as gone.
					v.do(`await new Promise((done) => setTimeout(done, 3500))`)
					v.want("heard.types()", tt.types)
				}
			})
		}
	})
	t.Run("jitsi: hidden login", func(t *testing.T) {
		v := enter(t, b, "jitsi", platform.Request{
			URL: site + "/jitsi.html", Name: "Beam", Layout: "native", Secrets: platform.Secrets{User: "recorder@hidden.example", Password: "top-secret-1"},
		})
		v.want("JSON.stringify(fixture.login)", `["recorder@hidden.example","top-secret-1"]`)
		v.want("heard.types()", "joined people")
		v.want("localStorage.length", 0.)
		if !slices.Contains(v.join.Secret, "top-secret-1") {
			t.Error("the password is not among the secrets")
		}
	})
	t.Run("jitsi: prejoin", func(t *testing.T) {
		v := jitsi(t, "native", "?prejoin=1")
		v.want("heard.types()", "joined people")
		v.want("fixture.typed", `B "eam" ☂`)
	})
	t.Run("jitsi: lobby", func(t *testing.T) {
		v := jitsi(t, "native", "?lobby=1")
		v.want("heard.types()", "waiting")
		v.want("fixture.typed", `B "eam" ☂`)
		v.do(`fixture.join()`)
		v.want("heard.types()", "waiting joined people")
	})
	t.Run("jitsi: refused", func(t *testing.T) {
		for _, tt := range []struct{ name, do, types, value string }{
			{"lobby", `fixture.fail('conference.connectionError.membersOnly'); await new Promise((done) => setTimeout(done, 600)); fixture.fail('conference.connectionError.accessDenied')`, "waiting refused", "the moderators did not let the recorder in"},
			{"password", `fixture.fail('conference.passwordRequired')`, "refused", "the room needs a password"},
			{"full", `fixture.fail('conference.max_users')`, "refused", "the room is full"},
			{"token", `fixture.refuseToken()`, "refused", "the server did not take the token"},
			{"no host yet", `fixture.fail('conference.authenticationRequired')`, "waiting", "the meeting waits for its host"},
			{"over already", `fixture.fail('conference.destroyed')`, "refused", "the meeting was ended"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				v := jitsi(t, "native", "?closed=1")
				v.do(tt.do)
				v.want("heard.types()", tt.types)
				v.want("heard.said.at(-1).value", tt.value)
			})
		}
	})
	t.Run("jitsi: closed page", func(t *testing.T) {
		v := enter(t, b, "jitsi", platform.Request{URL: site + "/static/close3.html"})
		v.want("heard.types()", "refused")
	})
	t.Run("page contract", func(t *testing.T) { contract(t, enter(t, b, "page", platform.Request{URL: site + "/page.html"})) })
	t.Run("generic page", func(t *testing.T) {
		v := enter(t, b, "generic", platform.Request{URL: site + "/page.html"})
		v.do(`await fixture.send({ color: '#0a0' }); await new Promise((done) => setTimeout(done, 500))`)
		v.want("heard.types()", "")
		v.want("Object.getOwnPropertyNames(window).filter((name) => /beam/i.test(name)).join()", "__beamSend")
	})
}

func hmsPeople(t *testing.T, v visit) {
	v.want("fixture.query.get('skip_preview') + fixture.query.get('name')", "trueBeam")
	v.want("heard.types()", "joined people")
	v.do(`await fixture.add('p1', ' Ana <b>', 'host', '#c00', 440); await fixture.add('p2', 'Bo', 'guest', '#00c')`)
	v.want("heard.media('p1')", "camera video live, microphone audio live")
	v.want("heard.media('p2')", "camera video live")
	v.want("heard.person('p1').name + '/' + heard.person('p1').role + '/' + heard.person('p2').role", "Ana <b>/host/guest")
	v.want("heard.person('p1').joinedAt", 1.7e12)
	v.want("heard.person('me').self && !heard.person('p1').self", true)
	v.want("heard.person('p1').media[0].trackId.length > 0", true)
	v.want("fixture.layers.length", 2.)
	v.do(`await fixture.add('rec', 'Other recorder', '__internal_recorder')`)
	v.want("heard.person('rec').self", true)

	v.do(`fixture.mute('p1', true); fixture.role('p2', 'host')`)
	v.want("heard.media('p1') + heard.person('p2').role", "camera video live, microphone muted audio livehost")
	v.do(`await fixture.share('p2')`)
	v.want("heard.media('p2')", "camera video live, screen video live, screen-audio audio live")
	v.do(`fixture.unshare('p2')`)
	v.want("heard.media('p2')", "camera video live")

	// Who can be heard is heard by Beam itself; noise is no speech.
	v.do(`fixture.level('p1', 30)`)
	v.want("heard.person('p1').speaking", nil)
	v.do(`fixture.speak('p2', 1)`)
	v.want("heard.person('p2').speaking", false)
	v.do(`fixture.speak('p2')`)
	v.want("heard.said.some((s) => s.type === 'people' && s.value.some((p) => p.id === 'p2' && p.speaking))", true)
	v.want("heard.person('p2').speaking", false)
	v.do(`window.__triggerBeamEvent__('not JSON'); window.__triggerBeamEvent__(JSON.stringify({ event: 'else' }))`)

	v.do(`fixture.say('m1', 'p1', 'hello', {}); fixture.say('m2', 'p2', 'to hosts', { recipientRoles: ['host'] }); fixture.say('m3', 'p2', 'x', { type: 'poll' })`)
	v.want("heard.said.filter((s) => s.type === 'chat').length", 2.)
	v.want("JSON.stringify(heard.said.find((s) => s.type === 'chat').value)",
		`{"id":"m1","senderId":"p1","senderName":"Ana <b>","senderUserId":"user-p1","roles":[],"sentAt":1700000001000,"type":"chat","text":"hello"}`)
	v.want("heard.value('chat').roles.join()", "host")
	// A recorder's page keeps chat out of its store, but not out of its notifications.
	v.do(`fixture.notify('NEW_MESSAGE', { id: 'm4', sender: 'p2', senderName: 'Bo', time: new Date(1700000002000), type: 'chat', message: 'ignored', ignored: true });
		fixture.notify('NEW_MESSAGE', { id: 'm1', sender: 'p1', time: new Date(), type: 'chat', message: 'twice' })`)
	v.want("heard.said.filter((s) => s.type === 'chat').length", 3.)
	v.want("heard.value('chat').id + heard.value('chat').text", "m4ignored")

	v.do(`fixture.leave('p1')`)
	v.want("heard.people().map((p) => p.id).join()", "me,p2,rec")
	v.do(`heard.adapter.close(); fixture.leave('p2'); await new Promise((done) => setTimeout(done, 600))`)
	v.want("heard.people().map((p) => p.id).join()", "me,p2,rec")
}

func jitsiPeople(t *testing.T, v visit) {
	v.want("fixture.config['userInfo.displayName']", `B "eam" ☂`)
	v.want("[fixture.config['config.iAmRecorder'], fixture.config['config.p2p.enabled'], fixture.config['config.externalConnectUrl']].join()", "true,false,")
	v.want("heard.types()", "joined people")
	v.want("JSON.stringify(fixture.dispatched)", `[{"type":"SET_TILE_VIEW","enabled":true}]`)
	v.do(`await fixture.add('ana', 'Ana', 'moderator', '#c00', 440); await fixture.add('bo', undefined, 'none', '#00c', 550, { identity: { user: { name: 'Bo (token)' } } })`)
	v.want("heard.media('ana')", "camera video live, microphone audio live")
	v.want("heard.people().map((p) => p.name + ' ' + p.role).join()", "Ana moderator,Bo (token) participant")
	v.want("heard.person('ana').avatar", "https://faces.example/ana")
	v.want("heard.person('ana').media[0].streamId.length > 0", true)
	v.want("JSON.stringify(fixture.conference.constraints.at(-1))", `{"lastN":-1,"defaultConstraints":{"maxHeight":1080},"constraints":{}}`)
	v.do(`await fixture.add('rec', 'Jibri', 'none', '', 0, { hidden: true }); await fixture.add('shy', 'Shy', 'none', '', 0, { shy: true })`)
	v.want("heard.people().filter((p) => p.self).map((p) => p.id).join()", "rec,shy")

	v.do(`fixture.mute('bo', true); fixture.role('bo', 'moderator')`)
	v.want("heard.media('bo') + heard.person('bo').role", "camera video live, microphone muted audio livemoderator")
	v.do(`await fixture.share('bo')`)
	v.want("heard.media('bo')", "camera video live, microphone muted audio live, screen video live")
	// A source that the server gives to somebody else is that one's.
	v.do(`await fixture.remap('ana', 'bo', 'video')`)
	v.want("heard.media('ana')", "microphone audio live")
	v.do(`await fixture.remap('bo', 'ana', 'video')`)
	v.want("heard.media('ana').includes('camera video live')", true)
	v.do(`fixture.say('bo', 'hi')`)
	v.want("JSON.stringify(heard.value('chat'))",
		`{"id":"m-hi","senderId":"bo","senderName":"","senderUserId":"","roles":[],"sentAt":1700000001000,"type":"chat","text":"hi"}`)
	v.do(`fixture.leave('ana')`)
	v.want("heard.people().map((p) => p.id).join()", "bo,rec,shy")
	v.do(`heard.adapter.close(); fixture.leave('bo'); await new Promise((done) => setTimeout(done, 600))`)
	v.want("heard.people().map((p) => p.id).join()", "bo,rec,shy")
}

func contract(t *testing.T, v visit) {
	v.do(`beamRoom.waiting('queue'); beamRoom.waiting('queue')`)
	v.want("heard.types()", "waiting")
	v.do(`const got = await fixture.send({ color: '#0a0', frequency: 300 });
		beamRoom.people([{ id: 7, name: 'Ana', role: 'host', media: [{ kind: 'camera', track: got.video }, { kind: 'microphone', trackId: got.audio.id, muted: 1 }] }])`)
	v.want("heard.types()", "waiting joined people")
	v.want("heard.media('7')", "camera video live, microphone muted")
	for call, says := range map[string]string{
		`beamRoom.people({})`:     "give a list",
		`beamRoom.people([{}])`:   "has an id",
		`beamRoom.people([null])`: "has an id",
		`beamRoom.people([{ id: 'a', media: [{ kind: 'cam' }] }])`:               "the kind of a medium",
		`beamRoom.people([{ id: 'a', media: [{ kind: 'camera', track: {} }] }])`: "is a MediaStreamTrack",
	} {
		v.want("(() => { try { "+call+"; return ''; } catch (e) { return e.message; } })().includes("+quote(says)+")", true)
	}
	v.want("heard.media('7')", "camera video live, microphone muted")
	v.do(`beamRoom.reconnecting(); beamRoom.people([]); beamRoom.reconnected(); beamRoom.people([{ id: 'b' }])`)
	v.want("heard.types()", "waiting joined people reconnecting reconnected people")
	v.do(`beamRoom.chat({ id: 1, senderName: 'Ana', text: 'hi', sentAt: 5, roles: ['host'] })`)
	v.want("JSON.stringify(heard.value('chat'))",
		`{"id":"1","senderId":"","senderName":"Ana","senderUserId":"","roles":["host"],"sentAt":5,"type":"chat","text":"hi"}`)
	v.do(`beamRoom.ended(); beamRoom.kicked('x'); beamRoom.people([]); beamRoom.joined()`)
	v.want("heard.types()", "waiting joined people reconnecting reconnected people chat ended")
	v.want("heard.value('ended')", "the meeting has ended")
}
