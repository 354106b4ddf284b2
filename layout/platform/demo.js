// Beam's demo room: the page keeps what it knows in window.__demoRoom. A
// participant's sound and picture are in the stream whose id is the
// participant's; a shared screen is a stream of its own.
function demo(room) {
	const door = kit.door(room);
	const medium = (kind, streamId, stream) => {
		const track = kind === 'microphone' ? stream?.getAudioTracks()[0] : stream?.getVideoTracks()[0];
		return { kind, streamId, track };
	};
	const person = ({ id, name, role, speaking, sharing, stream, screen }) => ({
		id,
		name,
		role,
		speaking: Boolean(speaking),
		media: [
			medium('camera', id, stream),
			medium('microphone', id, stream),
			...(sharing ? [medium('screen', `${id}-screen`, screen)] : []),
		],
	});
	return kit.watch(room, 100, () => {
		const page = window.__demoRoom;
		if (!page) return;
		const phase = page.phase();
		if (phase === 'ended') door.ended('the meeting has ended');
		if (phase === 'lost' && !door.inside()) door.refused('the connection to the room failed');
		if (phase === 'lost') door.away();
		if (phase !== 'joined') return;
		door.joined();
		door.people(page.participants().map(person));
	});
}
