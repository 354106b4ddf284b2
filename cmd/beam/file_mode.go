package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// fileMode is a flag's value: a mode as chmod has it, in octal digits.
type fileMode fs.FileMode

// Set implements pflag.Value.
func (m *fileMode) Set(text string) error {
	bits, err := strconv.ParseUint(text, 8, 12)
	if err != nil {
		return errors.New("it has to be octal digits, such as 0644")
	}
	*m = fileMode(bits)
	return nil
}

// String implements pflag.Value.
func (m *fileMode) String() string { return fmt.Sprintf("%04o", uint32(*m)) }

// Type implements pflag.Value.
func (*fileMode) Type() string { return "MODE" }
