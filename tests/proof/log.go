// Holds a log in a folder against Go's golang.org/x/mod/sumdb: opens its checkpoints as notes, and
// checks every record of its entry bundles against its tiles.
//
//	log FOLDER VKEY
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles in a folder, laid out as C2SP tlog-tiles names them: without the height in the path.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f folder) read(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	data, err := os.ReadFile(filepath.Join(string(f), path))
	if err == nil || tile.W == 256 {
		return data, err
	}
	width := tile.W
	tile.W = 256
	data, err = f.read(tile)
	if err != nil {
		return nil, err
	}
	return data[:width*tlog.HashSize], nil
}

// entries reads the records of all entry bundles.
func (f folder) entries(size int64) [][]byte {
	var entries [][]byte
	for int64(len(entries)) < size {
		at := int64(len(entries))
		tile := tlog.Tile{H: 8, L: 0, N: at / 256, W: 256}
		if size-at < 256 {
			tile.W = int(size - at)
		}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		check(err)
		for len(data) > 0 {
			length := binary.BigEndian.Uint16(data)
			entries = append(entries, data[2:2+length])
			data = data[2+length:]
		}
	}
	return entries
}

func open(path, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err)
	data, err := os.ReadFile(path)
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: hash}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	tiles, key := folder(os.Args[1]), os.Args[2]
	tree := open(filepath.Join(string(tiles), "checkpoint"), key)
	older := open(filepath.Join(string(tiles), "older"), key)
	reader := tlog.TileHashReader(tree, tiles)
	for n, entry := range tiles.entries(tree.N) {
		proof, err := tlog.ProveRecord(tree.N, int64(n), reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), tlog.RecordHash(entry)))
	}
	proof, err := tlog.ProveTree(tree.N, older.N, reader)
	check(err)
	check(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
	fmt.Printf("%d records hold, and the tree of %d before them\n", tree.N, older.N)
}
