// Package example draws a small data set to try fine-tuning on: metal parts to sort by defect. The same numbers of pictures are the same pictures
// on every machine.
package example

import (
	"encoding/csv"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
)

const (
	// Name is what the example is called in the app.
	Name = "Sort parts by defect"
	// Question is asked about every picture.
	Question = "Is this part good, rusty, burnt or oily?"
	// Training and Validation are how many pictures there are to learn from and to check with.
	Training, Validation = 60, 40
)

// defects are the answers, and what each draws on a part.
var defects = []struct {
	name string
	draw func(*sheet, part)
}{
	{"good", func(*sheet, part) {}},
	{"rusty", (*sheet).rust},
	{"burnt", (*sheet).burn},
	{"oily", (*sheet).oil},
}

// Draw writes the example into a folder, which it makes: train.csv, validation.csv, and the pictures that they name. Every answer is as frequent
// as the others. One that is there stays.
func Draw(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "validation.csv")); err == nil { // which is written last
		return nil
	}
	for i, table := range []struct {
		name, pictures string
		n              int
	}{{"train.csv", "train", Training}, {"validation.csv", "validation", Validation}} {
		if err := os.MkdirAll(filepath.Join(folder, table.pictures), 0o755); err != nil {
			return fmt.Errorf("example: %w", err)
		}
		rows := [][]string{{"image", "question", "answer"}}
		for j := range table.n {
			d := defects[j%len(defects)]
			name := filepath.ToSlash(filepath.Join(table.pictures, fmt.Sprintf("part-%02d.png", j+1)))
			s := newSheet(rand.New(rand.NewPCG(uint64(i), uint64(j))))
			d.draw(s, s.part())
			if err := s.save(filepath.Join(folder, name)); err != nil {
				return fmt.Errorf("example: %w", err)
			}
			rows = append(rows, []string{name, Question, d.name})
		}
		if err := writeTable(filepath.Join(folder, table.name), rows); err != nil {
			return fmt.Errorf("example: %w", err)
		}
	}
	return nil
}

func (s *sheet) save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	e := png.Encoder{CompressionLevel: png.BestSpeed} // they are drawn while somebody waits
	if err := e.Encode(f, s.RGBA); err != nil {
		return err
	}
	return f.Close()
}

func writeTable(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		return err
	}
	return f.Close()
}
