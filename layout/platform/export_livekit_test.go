package platform

// LiveKitScript is the platform's script without its page, which need not have
// been built.
func LiveKitScript() string { return script("livekit", "livekit.js") }
