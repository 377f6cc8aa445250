package dialog

import (
	"embed"
	"io/fs"
)

//go:embed trees/*.yaml
var builtIn embed.FS

// BuiltIn is the folder of the trees we ship, the lowest layer of Load.
func BuiltIn() fs.FS {
	trees, err := fs.Sub(builtIn, "trees")
	if err != nil {
		panic(err) // the path is a constant and valid
	}
	return trees
}
