package council

import (
	"embed"
	"io/fs"
)

//go:embed demo
var demo embed.FS

// Demo is the council that is built in: council.yaml and places/ of an invented council in a real city.
func Demo() fs.FS {
	folder, err := fs.Sub(demo, "demo")
	if err != nil {
		panic(err) // the name above is a valid path
	}
	return folder
}
