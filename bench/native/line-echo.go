// A line echo server as one writes it in Go: a goroutine for each connection, buffered both ways, flushed when
// nothing more has been read. On one core, as Node is: it sets GOMAXPROCS to 1.
//
//	line-echo <port>
package main

import (
	"bufio"
	"net"
	"os"
	"runtime"
)

func main() {
	runtime.GOMAXPROCS(1)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go serve(conn)
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 64*1024)
	writer := bufio.NewWriterSize(conn, 64*1024)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := writer.WriteString(line); err != nil {
			return
		}
		if reader.Buffered() == 0 && writer.Flush() != nil {
			return
		}
	}
}
