package hub

import (
	"errors"
	"os/user"

	"github.com/zalando/go-keyring"
)

// keychain keeps a token in the person's keychain.
type keychain struct{ account string }

const keychainService = "Sightglass hub token"

func systemSecret(string) secret {
	account := "sightglass"
	if u, err := user.Current(); err == nil {
		account = u.Username
	}
	return keychain{account}
}

func (k keychain) Get() (string, error) {
	token, err := keyring.Get(keychainService, k.account)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", nil
	}
	return token, err
}

func (k keychain) Set(token string) error {
	if token != "" {
		return keyring.Set(keychainService, k.account, token)
	}
	if err := keyring.Delete(keychainService, k.account); !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return nil
}
