package command

import "golang.org/x/sys/windows"

// uiLanguage is the language of the person's Windows, such as "zh-CN"; "" if it does not say.
func uiLanguage() string {
	languages, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(languages) == 0 {
		return ""
	}
	return languages[0]
}
