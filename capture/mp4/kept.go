package mp4

// Kept tells whether the file was laid out by a Writer: it has the reserve with
// the note of the options. A file that Compact wrote does not have it any more.
func (ix *Index) Kept() bool { return ix.settings.Version != 0 }

// Metadata returns what the file was begun with, see Options.Metadata. Of a file
// that Compact wrote, and of one from elsewhere, it is not known.
func (ix *Index) Metadata() Metadata { return ix.settings.Metadata }

// WantsPlaylist tells whether the file was begun to be played through a playlist,
// see Options.Playlist.
func (ix *Index) WantsPlaylist() bool { return ix.settings.Playlist }
