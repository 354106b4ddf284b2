package report

import (
	"reflect"
	"slices"
)

// ownWords are the fields of a report that hold words of Beam's own, and of events
// those that say what they are. A secret that happens to be one of these words, such
// as a field filled with "grid", does not change what a report means.
var ownWords = []string{
	"Beam", "Output", "Speakers", "Chat", "ID", "Engine", "FPSMode", "Preset", "From", "To", "Lost", "Platform",
	"CRC32C", "ETag", "Version", "Confirmed", "Role", "StartedAt",
}

// HideIn hides the secrets in all texts of what v points to, in place, but for
// words of Beam's own. Keys of maps stay.
func (s *Secrets) HideIn(v any) { s.hideIn(reflect.ValueOf(v)) }

func (s *Secrets) hideIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if _, own := v.Interface().(*Secrets); !own && !v.IsNil() {
			s.hideIn(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !slices.Contains(ownWords, f.Name) {
				s.hideIn(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			s.hideIn(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if text, ok := v.MapIndex(key).Interface().(string); ok {
				v.SetMapIndex(key, reflect.ValueOf(s.Hide(text)).Convert(v.Type().Elem()))
			}
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(s.Hide(v.String()))
		}
	}
}
