package model

import "fmt"

// Number is a number of a configuration file, by its name there.
type Number struct {
	Name  string
	Value int
}

// Positive returns an error unless each number is from 1 to most. No model is near most: it keeps products of hostile numbers from
// overflowing.
func Positive(most int, numbers ...Number) error {
	for _, n := range numbers {
		if n.Value <= 0 || n.Value > most {
			return fmt.Errorf("config.json: %q: want a number from 1 to %d, found %d", n.Name, most, n.Value)
		}
	}
	return nil
}
