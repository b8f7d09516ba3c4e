package models

// Fit says how the memory that a model takes stands to that of the machine.
type Fit int

const (
	FitUnknown Fit = iota
	FitWell
	FitTight // it opens, but leaves little to other programs
	FitNot   // the engine refuses it
)

// FitOf compares what a model takes with what the machine has, both in bytes; 0 is not known. Beyond all of it the engine refuses a model. Beyond
// two thirds it is tight: the system and other programs want memory, too.
func FitOf(takes, has int64) Fit {
	switch {
	case takes <= 0 || has <= 0:
		return FitUnknown
	case takes > has:
		return FitNot
	case takes > has/3*2:
		return FitTight
	}
	return FitWell
}
