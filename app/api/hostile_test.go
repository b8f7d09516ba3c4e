package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// hugePNG is a PNG whose header says 30,000x30,000 pixels, with nothing behind it.
func hugePNG() []byte {
	header := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 30000), 30000)...)
	header = append(header, 8, 2, 0, 0, 0)
	png := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(png, crc32.ChecksumIEEE(header))
}

func TestHostileBodies(t *testing.T) {
	c := serve(t, says("yes"))
	chat := c.newChat()
	ask := "/api/chats/" + chat + "/ask"
	whole := pngOf(t, 50, 50)
	picture := c.upload("a.png", whole)
	for _, test := range []struct {
		name         string
		method, path string
		mediaType    string
		body         string
		status       int
		code         string
	}{
		{"no question", "POST", ask, "application/json", `{"text":" \n "}`, 400, "empty"},
		{"no JSON", "POST", ask, "application/json", `{"text":`, 400, "bad_request"},
		{"no body", "POST", ask, "application/json", ``, 400, "bad_request"},
		{"another type of value", "POST", ask, "application/json", `{"text":1}`, 400, "bad_request"},
		{"an unknown field", "POST", ask, "application/json", `{"text":"x","extra":1}`, 400, "bad_request"},
		{"two values", "POST", ask, "application/json", `{"text":"x"}{"text":"y"}`, 400, "bad_request"},
		{"a form", "POST", ask, "application/x-www-form-urlencoded", `text=x`, 415, "bad_request"},
		{"text that may be JSON", "POST", ask, "text/plain", `{"text":"x"}`, 415, "bad_request"},
		{"no media type", "POST", ask, "", `{"text":"x"}`, 415, "bad_request"},
		{"over a megabyte of JSON", "POST", ask, "application/json", `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large"},
		{"deep JSON", "POST", ask, "application/json", strings.Repeat("[", 200000), 400, "bad_request"},
		{"an unknown picture", "POST", ask, "application/json", `{"text":"x","pictures":["` + strings.Repeat("0", 64) + `"]}`, 404, "not_found"},
		{"a picture's id that is a path", "POST", ask, "application/json", `{"text":"x","pictures":["../../etc/passwd"]}`, 404, "not_found"},
		{"a picture's id in capitals", "POST", ask, "application/json", `{"text":"x","pictures":["` + strings.ToUpper(picture.ID) + `"]}`, 404, "not_found"},
		{"seventeen pictures", "POST", ask, "application/json", `{"text":"x","pictures":["` + strings.Repeat(picture.ID+`","`, 16) + picture.ID + `"]}`, 400, "too_many_pictures"},
		{"an unknown chat", "POST", "/api/chats/99/ask", "application/json", `{"text":"x"}`, 404, "not_found"},
		{"a chat's id that is no number", "POST", "/api/chats/0x1/ask", "application/json", `{"text":"x"}`, 404, "not_found"},
		{"a chat's id that is a path", "GET", "/api/chats/..%2f..%2fetc", "", "", 404, "not_found"},
		{"a long id", "GET", "/api/chats/" + strings.Repeat("1", 9000), "", "", 404, "not_found"},
		{"an empty title", "PATCH", "/api/chats/" + chat, "application/json", `{"title":" \u0000 "}`, 400, "empty"},
		{"a message of no chat", "DELETE", "/api/chats/99/messages/1", "", "", 404, "not_found"},
		{"a picture that is text", "POST", "/api/pictures", "application/octet-stream", "hello", 415, "not_a_picture"},
		{"an empty picture", "POST", "/api/pictures", "application/octet-stream", "", 415, "not_a_picture"},
		{"an SVG, which can hold scripts", "POST", "/api/pictures", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, 415, "not_a_picture"},
		{"a page", "POST", "/api/pictures", "image/png", "<html><script>alert(1)</script>", 415, "not_a_picture"},
		{"a picture cut short", "POST", "/api/pictures", "image/png", string(whole[:len(whole)/2]), 415, "not_a_picture"},
		{"a picture of 900 million pixels", "POST", "/api/pictures", "image/png", string(hugePNG()), 413, "too_large"},
		{"a picture in a form", "POST", "/api/pictures", "multipart/form-data; boundary=x", string(whole), 415, "bad_request"},
		{"an unknown call", "GET", "/api/secrets", "", "", 404, "not_found"},
		{"another method", "PUT", "/api/state", "", "", 404, "not_found"},
		{"an unknown thumbnail", "GET", "/api/pictures/" + strings.Repeat("0", 64) + "/thumbnail", "", "", 404, "not_found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.request(context.Background(), test.method, test.path, nil)
			if test.body != "" {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(test.body)), int64(len(test.body))
			}
			r.Header.Set("Content-Type", test.mediaType)
			response := c.do(r)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			must(t, err)
			if response.StatusCode != test.status || !strings.Contains(string(body), `"code":"`+test.code+`"`) {
				t.Errorf("got %d %s, want %d %q", response.StatusCode, body, test.status, test.code)
			}
			if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options: got %q, want nosniff", got)
			}
		})
	}
	wantLines(t, "after all of it", c.thread(chat), nil)
}

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestOversizedPictures(t *testing.T) {
	c := serve(t, says("yes"))
	for _, length := range []int64{maxPictureBytes + 1, -1} { // told before, and not
		r := c.request(context.Background(), "POST", "/api/pictures", []byte{1})
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, maxPictureBytes+1)), length
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil { // the server may close while we still write
			t.Logf("length %d: %v", length, err)
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("length %d: got %d, want 413", length, response.StatusCode)
		}
	}
}

func TestWhoMayCall(t *testing.T) {
	c := serve(t, says("yes"))
	port := c.base.Port()
	cookie := "sightglass_" + port + "=" + c.token
	for _, test := range []struct {
		name   string
		path   string
		header map[string]string
		status int
	}{
		{"a bearer", "/api/state", map[string]string{"Authorization": "Bearer " + c.token}, 200},
		{"a cookie", "/api/state", map[string]string{"Cookie": cookie}, 200},
		{"a cookie under the other name of this machine", "/api/state", map[string]string{"Cookie": cookie, "Host": "localhost:" + port}, 200},
		{"its own page", "/api/state", map[string]string{"Cookie": cookie, "Origin": "http://127.0.0.1:" + port}, 200},
		{"no token", "/api/state", nil, 401},
		{"no token for a call that is not there", "/api/nothing", nil, 401},
		{"no token by a path with dots", "/x/../api/state", nil, 307},
		{"no token by a path with two slashes", "//api/state", nil, 307},
		{"another token", "/api/state", map[string]string{"Authorization": "Bearer x" + c.token}, 401},
		{"an empty token", "/api/state", map[string]string{"Authorization": "Bearer "}, 401},
		{"a wrong bearer with the right cookie", "/api/state", map[string]string{"Authorization": "Bearer x", "Cookie": cookie}, 401},
		{"a token in a call's address", "/api/state?token=" + c.token, nil, 401},
		{"the cookie of another port", "/api/state", map[string]string{"Cookie": "sightglass_1=" + c.token}, 401},
		{"another host, as after DNS rebinding", "/api/state", map[string]string{"Cookie": cookie, "Host": "evil.example:" + port}, 403},
		{"another host for the page", "/", map[string]string{"Host": "evil.example"}, 403},
		{"another port", "/api/state", map[string]string{"Cookie": cookie, "Host": "127.0.0.1:1"}, 403},
		{"no port", "/api/state", map[string]string{"Cookie": cookie, "Host": "127.0.0.1"}, 403},
		{"another site's page", "/api/state", map[string]string{"Cookie": cookie, "Origin": "https://evil.example"}, 403},
		{"another port's page", "/api/state", map[string]string{"Cookie": cookie, "Origin": "http://127.0.0.1:1"}, 403},
		{"a page of no site", "/api/state", map[string]string{"Cookie": cookie, "Origin": "null"}, 403},
		{"its own name over https", "/api/state", map[string]string{"Cookie": cookie, "Origin": "https://127.0.0.1:" + port}, 403},
		{"the page without a token", "/", nil, 200},
		{"the page with a wrong token", "/?token=x", nil, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.request(context.Background(), "GET", test.path, nil)
			r.Header.Del("Authorization")
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			if host := test.header["Host"]; host != "" {
				r.Host = host
			}
			response := c.do(r)
			response.Body.Close()
			if response.StatusCode != test.status {
				t.Errorf("got %d, want %d", response.StatusCode, test.status)
			}
			if test.status >= 400 && response.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("got Access-Control-Allow-Origin, want none")
			}
		})
	}
}

func TestTokenBecomesACookie(t *testing.T) {
	c := serve(t, says("yes"))
	r := c.request(context.Background(), "GET", "/?token="+c.token, nil)
	r.Header.Del("Authorization")
	response := c.do(r)
	response.Body.Close()
	cookies := response.Cookies()
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("got %d to %q with cookies %v, want 303 to / with one", response.StatusCode, response.Header.Get("Location"), cookies)
	}
	if k := cookies[0]; !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Path != "/" || k.Domain != "" {
		t.Errorf("cookie: got %v, want HttpOnly, SameSite=Strict, for this host", k)
	}
	r = c.request(context.Background(), "GET", "/api/state", nil)
	r.Header.Del("Authorization")
	r.AddCookie(cookies[0])
	response = c.do(r)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: got %d, want 200", response.StatusCode)
	}
}

func TestServeOnlyThisMachine(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.168.1.2:0", "example.com:0", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"} {
		if err := Serve(context.Background(), ServeOptions{Addr: addr, Handler: http.NotFoundHandler()}); err == nil {
			t.Errorf("%q: got it served, want an error", addr)
		}
	}
}

func TestTwoServersOnOnePort(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	if err := Serve(context.Background(), ServeOptions{Addr: l.Addr().String(), Handler: http.NotFoundHandler()}); err == nil {
		t.Error("got the port served twice, want an error")
	}
}

// TestRawRequests sends what no client library would.
func TestRawRequests(t *testing.T) {
	c := serve(t, says("yes"))
	host := "Host: " + c.base.Host + "\r\n"
	for _, test := range []struct {
		name, request string
		status        int
	}{
		{"no host", "GET /api/state HTTP/1.0\r\n\r\n", 403},
		{"two hosts", "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", 400},
		{"a foreign host in the target", "GET http://evil.example/ HTTP/1.1\r\n" + host + "\r\n", 403},
		{"two origins, the second foreign", "GET / HTTP/1.1\r\n" + host + "Origin: http://" + c.base.Host + "\r\nOrigin: http://evil.example\r\n\r\n", 403},
		{"a path out of the page's folder", "GET /../../../../etc/passwd HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 307},
		{"the same, encoded", "GET /..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 400},
		{"with backslashes", "GET /..%5c..%5cetc HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 404},
		{"a NUL in the path", "GET /a%00b HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 200},
		{"a header without an end", "GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 1<<20), 431},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, err := net.Dial("tcp4", c.base.Host)
			must(t, err)
			defer conn.Close()
			go io.WriteString(conn, test.request)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			must(t, err)
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != test.status {
				t.Errorf("got %d, want %d", response.StatusCode, test.status)
			}
			if bytes.Contains(body, []byte("root:")) {
				t.Errorf("got a file of this machine: %.100s", body)
			}
		})
	}
}
