// The recorder's page of a LiveKit room: it plays the sound of everybody and draws
// a plain view of its own. Where to go, and what to tell of the room, is the
// business of the script that Beam injects (layout/platform/livekit.js); the token
// stays with that script, and the page hands it the means.
import { ConnectionErrorReason, DisconnectReason, ParticipantKind, Room, RoomEvent, Track, VideoQuality } from 'livekit-client';
import { newSound } from './sound.js';
import { newView } from './view.js';

// Opens the room's connection, not yet connected. withheld tells of a track whether
// nobody may see it.
function open({ withheld }) {
	const room = new Room({
		// The server would send less of what this page does not show large. The stage
		// draws elsewhere than LiveKit's client knows.
		adaptiveStream: false,
		dynacast: false,
		disconnectOnPageLeave: true,
	});
	const sound = newSound();
	const view = newView(room, document.getElementById('view'), withheld);
	room
		.on(RoomEvent.TrackSubscribed, (track, publication) => {
			if (track.kind === Track.Kind.Audio) sound.play(track);
			else if (publication.simulcasted) publication.setVideoQuality(VideoQuality.HIGH);
		})
		.on(RoomEvent.TrackUnsubscribed, (track) => sound.stop(track))
		.on(RoomEvent.AudioPlaybackStatusChanged, () => {
			if (!room.canPlaybackAudio) room.startAudio().catch(() => {});
		});
	return { room, view };
}

const names = { ConnectionErrorReason, DisconnectReason, ParticipantKind, RoomEvent, Track };
if (window.__beamLiveKit) window.__beamLiveKit({ open, ...names });
else document.getElementById('view').dataset.said = 'beam record wss://HOST --room NAME opens this page';
