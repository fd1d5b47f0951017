//! A browser without scripts, as far as the staff pages need one.

use reqwest::{Client, Response, StatusCode, header, redirect::Policy};

use crate::common::World;

/// A browser that keeps its cookie by hand.
pub(crate) struct Browser {
    client: Client,
    url: String,
    pub(crate) cookie: String,
}

impl Browser {
    pub(crate) fn new(world: &World) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build();
        Self {
            client: client.expect("a client"),
            url: world.running.pages_url.clone(),
            cookie: String::new(),
        }
    }

    /// Logs in with the demo hall's account of this role.
    pub(crate) async fn as_role(world: &World, role: &str) -> Self {
        let mut browser = Self::new(world);
        let account = world.hall.accounts.iter().find(|it| it.role == role).expect("a role");
        let answer = browser.log_in(&account.user, &account.password).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        browser.cookie = cookie_of(&answer);
        browser
    }

    /// Fills in the login form.
    pub(crate) async fn log_in(&self, user: &str, password: &str) -> Response {
        let form = self.get("/login").await;
        let cookie = cookie_of(&form);
        let key = key_of(&form.text().await.expect("a page"));
        let fields = [("user", user), ("password", password), ("form_key", &key)];
        self.send("/login", &fields, &cookie).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(path, fields, &self.cookie).await
    }

    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)], cookie: &str) -> Response {
        let request = self.client.post(format!("{}{path}", self.url));
        let body: Vec<String> = fields.iter().map(|(name, it)| format!("{name}={it}")).collect();
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(body.join("&"));
        request.send().await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.url));
        request.header(header::COOKIE, &self.cookie).send().await.expect("an answer")
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert!(answer.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        answer.text().await.expect("a page")
    }

    pub(crate) async fn form_key(&self) -> String {
        key_of(&self.page("/").await)
    }
}

/// The key in the first form of a page.
pub(crate) fn key_of(page: &str) -> String {
    let key = page.split("name=\"form_key\" value=\"").nth(1).expect("a form");
    key.split('"').next().expect("a value").to_owned()
}

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie_of(answer: &Response) -> String {
    let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text");
    cookie.split(';').next().expect("a value").to_owned()
}
