// Package expect judges a recording by what its maker expected of the page: audio,
// motion, a rate, no freeze, texts, a quiet console. It is what makes a recording
// a smoke test.
//
// Look decodes the file that was made, and Judge is a pure function of what was
// seen: the recorder's own counts play no part, so that a fault of Beam can't
// hide a fault of the page. Texts and Console collect what no file holds, while
// the page is there. WriteJUnit tells a pipeline.
//
// The package starts nothing but the decoding of a file, and knows nothing of
// browsers and of how a recording is made.
package expect
