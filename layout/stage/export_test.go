package stage

// Source returns files of the script, joined, for tests of their functions.
func Source(names ...string) string { return source(names...) }
