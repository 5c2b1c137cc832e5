/*
 * Preloaded into the desktop binary by the window test, and only by it: makes the page of the window drivable by
 * WebKitWebDriver, which otherwise drives only WebKit's own MiniBrowser.
 *
 * Wails creates its web view with webkit_web_view_new_with_user_content_manager. WebKit fixes at construction whether a
 * view may be automated, so that one call is answered here with a view that may. When the driver then asks the program for
 * a view to drive, it is given this one. Nothing else of the program is touched.
 */
#include <webkit2/webkit2.h>

static WebKitWebView *window_view;

static WebKitWebView *give_view(WebKitAutomationSession *session, gpointer data)
{
	(void)session;
	(void)data;
	return window_view;
}

static void on_automation_started(WebKitWebContext *context, WebKitAutomationSession *session, gpointer data)
{
	(void)context;
	(void)data;
	/* The driver compares name and version with the capabilities it was asked for; any will do, but there must be some. */
	WebKitApplicationInfo *info = webkit_application_info_new();
	webkit_application_info_set_name(info, "tongzhou");
	webkit_application_info_set_version(info, 0, 0, 0);
	webkit_automation_session_set_application_info(session, info);
	webkit_application_info_unref(info);
	g_signal_connect(session, "create-web-view", G_CALLBACK(give_view), NULL);
}

GtkWidget *webkit_web_view_new_with_user_content_manager(WebKitUserContentManager *manager)
{
	WebKitWebContext *context = webkit_web_context_get_default();
	webkit_web_context_set_automation_allowed(context, TRUE);
	g_signal_connect(context, "automation-started", G_CALLBACK(on_automation_started), NULL);
	window_view = WEBKIT_WEB_VIEW(g_object_new(WEBKIT_TYPE_WEB_VIEW,
		"web-context", context,
		"user-content-manager", manager,
		"is-controlled-by-automation", TRUE,
		NULL));
	return GTK_WIDGET(window_view);
}
