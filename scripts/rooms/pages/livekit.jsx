// LiveKit Meet in small: its own conference view over its own client. People come without the
// view, as only the recorder's is looked at.
import '@livekit/components-styles';
import { LiveKitRoom, VideoConference } from '@livekit/components-react';
import { Room } from 'livekit-client';
import { createRoot } from 'react-dom/client';

const { person } = window;
const { url, token } = await (await fetch(`/token?${new URLSearchParams({ name: person?.name ?? '' })}`)).json();
const options = { adaptiveStream: true, dynacast: true };

if (person) {
	const room = new Room(options);
	await room.connect(url, token, { autoSubscribe: false });
	await room.localParticipant.enableCameraAndMicrophone();
	person.share = () => room.localParticipant.setScreenShareEnabled(true);
	person.leave = () => room.disconnect();
	person.enter();
} else {
	createRoot(document.getElementById('room')).render(
		<LiveKitRoom serverUrl={url} token={token} audio={false} video={false} options={options} data-lk-theme="default" style={{ height: '100vh' }}>
			<VideoConference />
		</LiveKitRoom>,
	);
}
