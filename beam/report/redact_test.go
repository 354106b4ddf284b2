package report

import (
	"errors"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	all := append(SecretsOf("https://ana:pa55word@room.example/x?token=abcdefghijklmnopqrst&layout=grid"), "Bearer-1234", "Bearer-1234-longer", "a b/c=d", "")
	s := NewSecrets(all...)
	text := "pa55word abcdefghijklmnopqrst Bearer-1234-longer Bearer-1234 grid a%20b%2Fc=d a+b%2Fc%3Dd a b/c=d"
	if got := s.Hide(text); got != "(secret) (secret) (secret) (secret) grid (secret) (secret) (secret)" {
		t.Error(got)
	}
	cause := errors.New("refused: pa55word")
	err := s.HideError(cause)
	if !errors.Is(err, cause) || strings.Contains(err.Error(), "pa55word") {
		t.Error(err)
	}
	if plain := errors.New("refused"); s.HideError(plain) != plain || s.HideError(nil) != nil {
		t.Error("an error without secrets is changed")
	}
}
