package chrome

import (
	"strings"

	"github.com/chromedp/cdproto/emulation"
)

// visibleAgent returns the user agent of the same browser with a window. Rooms
// look it up to tell browsers without WebRTC, and don't know "HeadlessChrome".
// An override without client hints would leave those empty, so they are
// given too. version is "Chrome 156.0.8078.79".
func visibleAgent(agent, version string) emulation.SetUserAgentOverrideParams {
	_, full, _ := strings.Cut(version, " ")
	major, _, _ := strings.Cut(full, ".")
	const noBrand = "Not:A-Brand" // the Chromium sources' stand-in for an unknown brand
	return emulation.SetUserAgentOverrideParams{
		UserAgent: strings.Replace(agent, "HeadlessChrome", "Chrome", 1),
		UserAgentMetadata: &emulation.UserAgentMetadata{
			Brands: []*emulation.UserAgentBrandVersion{
				{Brand: "Chromium", Version: major}, {Brand: noBrand, Version: "8"}},
			FullVersionList: []*emulation.UserAgentBrandVersion{
				{Brand: "Chromium", Version: full}, {Brand: noBrand, Version: "8.0.0.0"}},
			Platform: "Linux",
		},
	}
}
