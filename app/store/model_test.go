package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

// model is a store made of maps: what Store should be, without a file. Its time is the number of the operation.
type model struct {
	seed        uint64
	tick        int64
	lastChat    int
	lastMessage int
	chats       map[string]*modelChat
	pictures    map[string]*modelPicture
	settings    map[string]string
}

type modelChat struct {
	Chat
	deleted  int64 // 0: no
	messages []*modelMessage
}

type modelMessage struct {
	Message
	deleted int64
	with    string
}

type modelPicture struct {
	Picture
	data []byte
	put  int64
}

func newModel(seed uint64) *model {
	return &model{seed: seed, chats: map[string]*modelChat{}, pictures: map[string]*modelPicture{}, settings: map[string]string{}}
}

// operation is a change that the model has made, to be made to the store as well.
type operation struct {
	name string
	want error // the sentinel that the store should return
	do   func(*Store) error
}

func (m *model) now() time.Time { return time.Unix(m.tick, 0).UTC() }

// next makes one change, the same for the same seed and history.
func (m *model) next() operation {
	m.tick++
	r := rand.New(rand.NewPCG(m.seed, uint64(m.tick)))
	switch n := r.IntN(100); {
	case n < 8:
		return m.createChat(r)
	case n < 12:
		return m.rename(r)
	case n < 45:
		return m.addTurn(r)
	case n < 58:
		return m.setMessage(r)
	case n < 66:
		return m.deleteMessage(r)
	case n < 72:
		return m.restoreMessage(r)
	case n < 77:
		return m.deleteChat(r)
	case n < 82:
		return m.restoreChat(r)
	case n < 94:
		return m.putPicture(r)
	case n < 97:
		return m.setSetting(r)
	}
	return m.purge()
}

// pick returns a chat, now and then one that is deleted, purged or never was; nil stands for the last two and the first.
func (m *model) pick(r *rand.Rand) (id string, c *modelChat) {
	id = strconv.Itoa(1 + r.IntN(m.lastChat+2))
	if c = m.chats[id]; c != nil && c.deleted != 0 {
		c = nil
	}
	return id, c
}

// pickMessage returns the index of a message that is not deleted, or -1 and an id that is not found.
func (m *model) pickMessage(r *rand.Rand, c *modelChat) (string, int) {
	if c == nil || len(c.messages) == 0 {
		return strconv.Itoa(1 + r.IntN(m.lastMessage+2)), -1
	}
	i := r.IntN(len(c.messages))
	id := c.messages[i].ID
	if c.messages[i].deleted != 0 {
		i = -1
	}
	return id, i
}

// settle brings up to date what a chat repeats of its messages.
func (c *modelChat) settle() {
	c.Messages, c.Picture = 0, ""
	for _, m := range c.messages {
		if m.deleted != 0 {
			continue
		}
		c.Messages++
		if c.Picture == "" && len(m.Pictures) > 0 {
			c.Picture = m.Pictures[0].Picture
		}
	}
}

func (m *model) createChat(r *rand.Rand) operation {
	title := []string{"", "Ünicode \x00 title"}[r.IntN(2)]
	m.lastChat++
	id := strconv.Itoa(m.lastChat)
	m.chats[id] = &modelChat{Chat: Chat{ID: id, Title: title, Created: m.now(), Updated: m.now()}}
	return operation{"create chat", nil, func(s *Store) error { _, err := s.CreateChat(title); return err }}
}

func (m *model) rename(r *rand.Rand) operation {
	id, c := m.pick(r)
	title := fmt.Sprint("title ", m.tick)
	op := operation{"rename " + id, ErrNotFound, func(s *Store) error { _, err := s.Rename(id, title); return err }}
	if c != nil {
		op.want, c.Title = nil, title
	}
	return op
}

func (m *model) addTurn(r *rand.Rand) operation {
	id, c := m.pick(r)
	turn := Turn{Title: fmt.Sprint("made ", m.tick)}
	for i := range 1 + r.IntN(3) {
		message := Message{Role: []Role{User, Assistant}[i%2], Text: fmt.Sprint("text ", m.tick, " ", i), Stopped: i == 1}
		if i == 0 && len(m.pictures) > 0 {
			ids := slices.Sorted(maps.Keys(m.pictures))
			for range r.IntN(3) {
				message.Pictures = append(message.Pictures, Attachment{ids[r.IntN(len(ids))], fmt.Sprint(m.tick, ".png")})
			}
		}
		turn.Messages = append(turn.Messages, message)
	}
	from := -1
	if r.IntN(4) == 0 {
		turn.From, from = m.pickMessage(r, c)
	}
	op := operation{"add turn to " + id, ErrNotFound, func(s *Store) error { _, err := s.AddTurn(id, turn); return err }}
	if c == nil || turn.From != "" && from < 0 {
		return op
	}
	op.want = nil
	if from >= 0 {
		c.messages = c.messages[:from]
	}
	for _, message := range turn.Messages {
		m.lastMessage++
		message.ID, message.Created = strconv.Itoa(m.lastMessage), m.now()
		c.messages = append(c.messages, &modelMessage{Message: message})
	}
	if c.Title == "" {
		c.Title = turn.Title
	}
	c.Updated = m.now()
	c.settle()
	return op
}

func (m *model) setMessage(r *rand.Rand) operation {
	id, c := m.pick(r)
	messageID, i := m.pickMessage(r, c)
	message := Message{ID: messageID, Text: fmt.Sprint("new ", m.tick), Stopped: r.IntN(2) == 0, Details: []byte(`{"a":1}`)}
	op := operation{"set message " + messageID, ErrNotFound, func(s *Store) error { return s.SetMessages(id, message) }}
	if i >= 0 {
		op.want = nil
		old := &c.messages[i].Message
		old.Text, old.Stopped, old.Details = message.Text, message.Stopped, message.Details
		c.Updated = m.now()
	}
	return op
}

func (m *model) deleteMessage(r *rand.Rand) operation {
	id, c := m.pick(r)
	messageID, i := m.pickMessage(r, c)
	op := operation{"delete message " + messageID, ErrNotFound, func(s *Store) error { return s.DeleteMessage(id, messageID) }}
	if i < 0 {
		return op
	}
	op.want = nil
	last := i + 1
	for c.messages[i].Role == User && last < len(c.messages) && c.messages[last].Role == Assistant {
		last++
	}
	for _, message := range c.messages[i:last] {
		if message.deleted == 0 {
			message.deleted, message.with = m.tick, messageID
		}
	}
	c.settle()
	return op
}

func (m *model) restoreMessage(r *rand.Rand) operation {
	id, c := m.pick(r)
	messageID, _ := m.pickMessage(r, c)
	op := operation{"restore message " + messageID, ErrNotFound, func(s *Store) error { return s.RestoreMessage(id, messageID) }}
	if c == nil {
		return op
	}
	for _, message := range c.messages {
		if message.deleted != 0 && message.with == messageID {
			message.deleted, message.with, op.want = 0, "", nil
		}
	}
	c.settle()
	return op
}

func (m *model) deleteChat(r *rand.Rand) operation {
	id, c := m.pick(r)
	op := operation{"delete chat " + id, ErrNotFound, func(s *Store) error { return s.DeleteChat(id) }}
	if c != nil {
		op.want, c.deleted = nil, m.tick
	}
	return op
}

func (m *model) restoreChat(r *rand.Rand) operation {
	id, _ := m.pick(r)
	op := operation{"restore chat " + id, ErrNotFound, func(s *Store) error { _, err := s.RestoreChat(id); return err }}
	if c := m.chats[id]; c != nil {
		op.want, c.deleted = nil, 0
	}
	return op
}

func (m *model) putPicture(r *rand.Rand) operation {
	which := r.IntN(12)
	data := bytes.Repeat([]byte{byte(which), 1, 2}, 1+which*which*2500) // to 900 kB: four chunks
	picture := Picture{Name: fmt.Sprint(m.tick, ".png"), Type: "image/png", Width: which, Height: 2}
	stored := picture
	stored.ID, stored.Bytes = pictureID(data), int64(len(data))
	m.pictures[stored.ID] = &modelPicture{stored, data, m.tick}
	return operation{"put picture " + stored.ID, nil, func(s *Store) error {
		got, err := s.PutPicture(picture, data)
		if err == nil && got != stored {
			err = fmt.Errorf("got %+v, want %+v", got, stored)
		}
		return err
	}}
}

func (m *model) setSetting(r *rand.Rand) operation {
	name, value := fmt.Sprint("name", r.IntN(3)), []byte(fmt.Sprint("value ", m.tick))
	if r.IntN(3) == 0 {
		value = nil
		delete(m.settings, name)
	} else {
		m.settings[name] = string(value)
	}
	return operation{"set " + name, nil, func(s *Store) error { return s.SetSetting(name, value) }}
}

func (m *model) purge() operation {
	before := m.tick - 15
	used := map[string]bool{}
	for id, c := range m.chats {
		if c.deleted != 0 && c.deleted < before {
			delete(m.chats, id)
			continue
		}
		c.messages = slices.DeleteFunc(c.messages, func(message *modelMessage) bool {
			return message.deleted != 0 && message.deleted < before
		})
		for _, message := range c.messages {
			for _, a := range message.Pictures {
				used[a.Picture] = true
			}
		}
	}
	maps.DeleteFunc(m.pictures, func(id string, p *modelPicture) bool { return !used[id] && p.put < before })
	return operation{"purge", nil, func(s *Store) error { return s.Purge(time.Unix(before, 0)) }}
}

// differs says how a store is not what the model is, or nil.
func (m *model) differs(s *Store) error {
	var want []Chat
	for _, c := range m.chats {
		if c.deleted == 0 {
			want = append(want, c.Chat)
		}
	}
	number := func(id string) int { n, _ := strconv.Atoi(id); return n }
	slices.SortFunc(want, func(a, b Chat) int {
		if c := b.Updated.Compare(a.Updated); c != 0 {
			return c
		}
		return number(b.ID) - number(a.ID)
	})
	got, err := s.Chats()
	if err != nil || !reflect.DeepEqual(got, want) {
		return fmt.Errorf("chats: got %+v, %v\nwant %+v", got, err, want)
	}
	for _, c := range want {
		var want []Message
		for _, message := range m.chats[c.ID].messages {
			if message.deleted == 0 {
				want = append(want, message.Message)
			}
		}
		if _, got, err := s.Chat(c.ID); err != nil || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("chat %s: got %+v, %v\nwant %+v", c.ID, got, err, want)
		}
	}
	for id, want := range m.pictures {
		if got, err := s.Picture(id); err != nil || got != want.Picture {
			return fmt.Errorf("picture %s: got %+v, %v, want %+v", id, got, err, want.Picture)
		}
		if got, err := s.PictureData(id); err != nil || !bytes.Equal(got, want.data) {
			return fmt.Errorf("picture %s: got %d bytes, %v, want its %d", id, len(got), err, len(want.data))
		}
	}
	for _, name := range []string{"name0", "name1", "name2"} {
		got, err := s.Setting(name)
		want, ok := m.settings[name]
		if ok != (err == nil) || string(got) != want {
			return fmt.Errorf("setting %s: got %q, %v, want %q", name, got, err, want)
		}
	}
	return nil
}

func TestRandomOperationsMatchTheModel(t *testing.T) {
	operations := 400
	if testing.Short() {
		operations = 100
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s, m := openTest(t), newModel(seed)
			s.now = m.now
			failed := 0
			for range operations {
				op := m.next()
				if err := op.do(s); !errors.Is(err, op.want) {
					t.Fatalf("operation %d, %s: got %v, want %v", m.tick, op.name, err, op.want)
				}
				if op.want != nil {
					failed++
				}
				if m.tick%20 == 0 {
					must(t, m.differs(s))
				}
			}
			must(t, m.differs(s))
			if failed == 0 || failed > operations*3/4 {
				t.Errorf("got %d of %d operations refused, want some but not most", failed, operations)
			}
		})
	}
}

func pictureID(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
