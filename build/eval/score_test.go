package main

import "testing"

func TestScorers(t *testing.T) {
	for _, c := range []struct {
		scorer, answer string
		want           []string
		right          bool
	}{
		{"exact", "  Cannot   Connect. ", []string{"cannot connect"}, true},
		{"exact", "“OK”", []string{"OK"}, true},
		{"exact", "The title is Cannot Connect.", []string{"Cannot Connect"}, false},
		{"exact", "$1,200.50", []string{"$1,200.5"}, false},
		{"exact", "b", []string{"a", "b"}, true},
		{"exact", "", []string{"a"}, false},
		{"list", "Cancel, OK", []string{"OK", "Cancel"}, true},
		{"list", "Don't Save, Cancel, and Save.", []string{"Don't Save", "Cancel", "Save"}, true},
		{"list", "\"Later\" and \"Restart Now\"", []string{"Later", "Restart Now"}, true},
		{"list", "- Back\n- Next", []string{"Back", "Next"}, true},
		{"list", "Back", []string{"Back", "Next"}, false},
		{"list", "Back, Next, Next", []string{"Back", "Next"}, false},
		{"number", "3", []string{"3"}, true},
		{"number", "There are three bars.", []string{"3"}, true},
		{"number", "12", []string{"12"}, true},
		{"number", "13", []string{"3"}, false},
		{"number", "3 of 4", []string{"3"}, false},
		{"number", "None", []string{"0"}, false},
		{"words", "The circle is red.", []string{"red"}, true},
		{"words", "Red and blue", []string{"red"}, false},
		{"words", "A grey star", []string{"gray star"}, true},
		{"words", "A star", []string{"gray star"}, false},
		{"words", "At the top left of the picture", []string{"top left"}, true},
		{"words", "top", []string{"top left"}, false},
		{"words", "In the upper middle", []string{"top"}, true},
		{"words", "In the centre", []string{"middle"}, true},
		{"words", "", []string{"middle"}, false},
		{"words", "The second picture", []string{"second"}, true},
		{"yesno", "Yes, it is checked.", []string{"yes"}, true},
		{"yesno", "No", []string{"yes"}, false},
		{"yesno", "", []string{"no"}, false},
		{"same", "Oslo.", []string{"Oslo."}, true},
		{"same", "Oslo", []string{"Oslo."}, false},
		{"same", "", nil, false},
	} {
		if got := scorers[c.scorer](c.answer, c.want); got != c.right {
			t.Errorf("%s: %q for %q: got %t, want %t", c.scorer, c.answer, c.want, got, c.right)
		}
	}
}

func TestRefusals(t *testing.T) {
	for answer, want := range map[string]bool{
		"That is not in the picture.":               true,
		"I can't see a star in this picture.":       true,
		"I don’t see any error code.":               true,
		"There is no field named Port.":             true,
		"There's no total here.":                    true,
		"There are no tables in the image.":         true,
		"The picture does not show a phone number.": true,
		"No error code is shown.":                   true,
		"No star in the picture":                    true,
		"Porto isn't in the table.":                 true,
		"The checkbox is not visible.":              true,
		"None.":                                     true,
		"No":                                        false,
		"Not Now":                                   false,
		"red":                                       false,
		"bottom left":                               false,
		"The server falcon did not answer within 7 seconds.": false,
		"This video format is not supported.":                false,
		"It is at the top.":                                  false,
		"Nadia Petrova":                                      false,
		"Do not ask again":                                   false,
		"Don't Save, Cancel, Save":                           false,
	} {
		if got := refuses(answer); got != want {
			t.Errorf("%q: got %t, want %t", answer, got, want)
		}
	}
}

func TestDegenerate(t *testing.T) {
	for answer, want := range map[string]bool{
		"":                true,
		" \n":             true,
		"a a a a a a a a": true,
		"a a a a a a a":   false,
		"so it is and on it goes and on it goes and on it goes and on it goes": true,
		"on it goes and on it goes and on it goes":                             false,
		"Oslo is the capital of Norway.":                                       false,
		"one two one two one two one two and that is all":                      false,
	} {
		if got := degenerate(answer); got != want {
			t.Errorf("%q: got %t, want %t", answer, got, want)
		}
	}
}
