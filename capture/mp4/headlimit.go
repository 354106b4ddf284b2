package mp4

// HeadLimit returns the most that Result.Head of a recording with these options
// can be, in bytes: bytes from there on stay as they are once written. It is
// known before the encoder has said anything.
func (o Options) HeadLimit() int64 {
	const tail = maxNote + noteTrailer + slotSize + maxFtyp
	return maxFtyp + shortHeader + max(o.Reserve, minReserve) + tail
}
