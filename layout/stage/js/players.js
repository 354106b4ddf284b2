// Which media elements of the page play what is received.

// newPlayers watches the elements in this frame's document. One that is outside of it,
// such as an Audio that nobody put there, or in a shadow root, is not seen.
function newPlayers() {
	const { get: enabledOf } = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled');
	const players = new WeakMap(); // track -> weak references to the elements that have played it

	const tracksOf = (element) => (element.srcObject instanceof MediaStream ? element.srcObject.getTracks() : []);
	listen(window, 'playing', own(({ target }) => {
		for (const track of tracksOf(target)) {
			if (!players.has(track)) players.set(track, []);
			const known = players.get(track);
			if (!known.some((ref) => ref.deref() === target)) known.push(new WeakRef(target));
		}
	}), true);
	const plays = (element, track) => Boolean(element?.isConnected) && tracksOf(element).includes(track);
	return {
		// Whether the page has switched a track off and taken it from all elements that
		// played it. Clients do so when somebody leaves, who is then no longer to be seen
		// there; LiveKit's server takes the line itself back only with the next person
		// who comes.
		dropped(track) {
			const known = players.get(track);
			return known !== undefined && !enabledOf.call(track) && !known.some((ref) => plays(ref.deref(), track));
		},
	};
}
