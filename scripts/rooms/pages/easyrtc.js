// What somebody does in EasyRTC's multiparty demo, which calls everybody by itself. Runs where person.js does.
if (window.person) {
	const { person } = window;
	const others = () => window.easyrtc?.getRoomOccupantsAsArray('default')?.filter((id) => id !== window.easyrtc.myEasyrtcid);
	const connected = (least) => new Promise((resolve) => {
		const looks = setInterval(() => {
			if (!others() || window.easyrtc.getConnectionCount() < Math.max(least, others().length)) return;
			clearInterval(looks);
			resolve();
		}, 20);
	});
	connected(0).then(person.enter);
	person.settled = () => connected(3);
	// The demo plays one stream of each person, the last: so the voice is in that of the screen
	// too.
	person.share = async () => {
		const desk = await navigator.mediaDevices.getDisplayMedia({ video: true });
		desk.addTrack(person.voice.clone());
		window.easyrtc.register3rdPartyLocalMediaStream(desk, 'desk');
		for (const id of others()) window.easyrtc.addStreamToCall(id, 'desk');
	};
}
