package generate

// Prompt look-up (Saxena 2023): where text repeats, what follows is guessed from what followed the same tokens before, and all guesses are run in
// one step with the token before them. Those that the sampler then chooses stand, and the first that it does not is where the next step begins.
// Answers are the same to the bit on a device whose steps of a few rows are.

// guess is what followed the longest match of the end of seen, of equal ones the latest: at most n tokens. Wrong guesses cost, and long matches are
// seldom wrong: a match of two tokens is not worth a guess, and each one more is worth one. Rows of pictures neither match nor are guessed.
func guess(seen []Token, n int) (guesses []int32) {
	const worthless = 2
	best, at := worthless, 0
	for i := len(seen) - 1; i > best && best < worthless+n; i-- {
		match := 0
		for match < min(i, worthless+n) && sameWord(&seen[i-1-match], &seen[len(seen)-1-match]) {
			match++
		}
		if match > best {
			best, at = match, i
		}
	}
	period := len(seen) - at // where the match reaches into what it is matched with, that goes round
	for i := range best - worthless {
		t := seen[at+i%period]
		if t.Picture != 0 {
			break
		}
		guesses = append(guesses, t.ID)
	}
	return guesses
}

func sameWord(a, b *Token) bool { return a.ID == b.ID && a.Picture == 0 && b.Picture == 0 }
