package command

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tongzhou/backend/fault"
)

//go:embed messages/zh-CN.json messages/en.json
var messageFiles embed.FS

// words are the sentences of one language by key, with {{name}} where a value goes.
type words map[string]string

func loadWords(language string) (words, error) {
	text, err := messageFiles.ReadFile("messages/" + language + ".json")
	if err != nil {
		return nil, fmt.Errorf("load messages: %w", err)
	}
	var w words
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, fmt.Errorf("load messages: %w", err)
	}
	return w, nil
}

// languageOf names the language of the person's environment, in the order of gettext. Where nothing names one it is that of
// the company.
func languageOf(getenv func(string) string) string {
	for _, locale := range []string{uiLanguage(), getenv("LANGUAGE"), getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")} {
		switch {
		case locale == "" || strings.HasPrefix(locale, "C."): // C.UTF-8 is an encoding, not a language
			continue
		case strings.HasPrefix(locale, "zh"):
			return "zh-CN"
		default:
			return "en"
		}
	}
	return "zh-CN"
}

// say returns the sentence with its values, or the key itself for one that does not exist.
func (w words) say(key string, values map[string]string) string {
	text, ok := w[key]
	if !ok {
		return key
	}
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "{{"+name+"}}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// help returns the help texts under the names that the grammar uses.
func (w words) help() map[string]string {
	texts := map[string]string{}
	for key, text := range w {
		if name, ok := strings.CutPrefix(key, "help."); ok {
			texts[name] = text
		}
	}
	return texts
}

// explain turns an error into what the person reads. Faults without a sentence here are the interface's; their code is then
// followed by the cause, since whoever starts the program may see it.
func (w words) explain(err error) string {
	known := (*fault.Error)(nil)
	if !errors.As(err, &known) {
		return err.Error()
	}
	if _, ok := w["fault."+known.Code]; ok {
		return w.say("fault."+known.Code, known.Params)
	}
	text := known.Code
	for name, value := range known.Params {
		text += fmt.Sprintf(" %s=%q", name, value)
	}
	if known.Err != nil {
		text += ": " + known.Err.Error()
	}
	return text
}

// describe adds the sentences to a check. A code without a sentence is shown as it is.
func (w words) describe(check Check) finding {
	f := finding{Check: check, Text: w.say("doctor.text."+check.Code, check.Params)}
	if _, ok := w["doctor.text."+check.Code]; !ok {
		f.Text = check.Code
	}
	if _, ok := w["doctor.remedy."+check.Code]; ok && check.State != StateOK {
		f.Remedy = w.say("doctor.remedy."+check.Code, check.Params)
	}
	return f
}
