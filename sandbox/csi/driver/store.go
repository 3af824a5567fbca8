package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A kept thing is a directory with its files and what is known of it. It is made
// under another name and renamed, so that one that is there is whole.
const (
	files   = "data"
	facts   = "facts.json"
	volumes = "volumes"
	shots   = "snapshots"
	part    = ".part"
)

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$`)

// kept is what is known of a volume or a snapshot.
type kept struct {
	// Source is the volume that a snapshot is of, or what a volume was made from.
	Source string
	// Bytes is the size that was asked for; nothing holds a volume to it.
	Bytes int64
	Made  time.Time
}

// store is the directory of all volumes and snapshots.
type store struct {
	root string
	mu   sync.Mutex
	busy map[string]bool
}

// openStore takes away what a killed driver had not finished.
func openStore(root string) (*store, error) {
	for _, kind := range []string{volumes, shots} {
		if err := os.MkdirAll(filepath.Join(root, kind), 0o700); err != nil {
			return nil, err
		}
		torn, err := filepath.Glob(filepath.Join(root, kind, "*"+part))
		if err != nil {
			return nil, err
		}
		for _, directory := range torn {
			if err := os.RemoveAll(directory); err != nil {
				return nil, err
			}
		}
	}
	return &store{root: root, busy: map[string]bool{}}, nil
}

// path is where a kept thing is; its name is checked, as it comes from outside.
func (s *store) path(kind, id string) (string, error) {
	if !plainName.MatchString(id) || strings.HasSuffix(id, part) {
		return "", status.Errorf(codes.InvalidArgument, "%q is no name of %s", id, kind)
	}
	return filepath.Join(s.root, kind, id), nil
}

// find returns what is known of a thing, or NotFound.
func (s *store) find(kind, id string) (*kept, error) {
	directory, err := s.path(kind, id)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(directory, facts))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, status.Errorf(codes.NotFound, "there is no %s in %s", id, kind)
	}
	if err != nil {
		return nil, internal(err)
	}
	found := &kept{}
	return found, internal(json.Unmarshal(text, found))
}

// make keeps a new thing, with a copy of the files in `from` if that is not "".
func (s *store) make(kind, id, from string, known kept) error {
	directory, err := s.path(kind, id)
	if err != nil {
		return err
	}
	made := directory + part
	if err := os.RemoveAll(made); err != nil {
		return internal(err)
	}
	if err := os.Mkdir(made, 0o711); err != nil {
		return internal(err)
	}
	if from == "" {
		err = os.Mkdir(filepath.Join(made, files), 0o777)
	} else {
		err = copyAll(from, filepath.Join(made, files))
	}
	if err != nil {
		return internal(err)
	}
	text, err := json.Marshal(known)
	if err != nil {
		return internal(err)
	}
	if err := os.WriteFile(filepath.Join(made, facts), text, 0o600); err != nil {
		return internal(err)
	}
	return internal(os.Rename(made, directory))
}

// remove deletes a thing; one that is not there is no error.
func (s *store) remove(kind, id string) error {
	directory, err := s.path(kind, id)
	if err != nil {
		return err
	}
	gone := directory + part
	if err := os.Rename(directory, gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return internal(err)
	}
	return internal(os.RemoveAll(gone))
}

// alone refuses a second call on a thing while the first is at work, as the
// interface has it: the caller tries again.
func (s *store) alone(id string) (func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] {
		return nil, status.Errorf(codes.Aborted, "%s is at work", id)
	}
	s.busy[id] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, id)
	}, nil
}

// copyAll copies a directory with owners, modes, times and holes; where the file
// system can, the copy shares its blocks.
func copyAll(from, to string) error {
	done := exec.Command("cp", "--archive", "--reflink=auto", "--", from, to)
	if said, err := done.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w", strings.TrimSpace(string(said)), err)
	}
	return nil
}

func internal(err error) error {
	if err == nil {
		return nil
	}
	return status.Error(codes.Internal, err.Error())
}
