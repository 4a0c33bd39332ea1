// Package scenario uses a client that a generator made of Jeton's API description. The client checks what it
// decodes: a field that the description requires has to be there.
package scenario

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"

	jeton "scenario/client"
)

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s has to be set", name)
	}
	return value
}

func must[T any](t *testing.T) func(T, *http.Response, error) T {
	return func(value T, _ *http.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// refused holds an error against the schema of errors.
func refused(t *testing.T, err error, answer *http.Response, status int, code string) {
	t.Helper()
	var refusal *jeton.GenericOpenAPIError
	if !errors.As(err, &refusal) {
		t.Fatalf("no error of the API: %v", err)
	}
	body, ok := refusal.Model().(jeton.ErrorBody)
	if !ok || answer.StatusCode != status || body.GetCode() != code {
		t.Fatalf("%d %+v in place of %d %q", answer.StatusCode, body, status, code)
	}
}

func TestATokenFromItsCreationToItsEnd(t *testing.T) {
	configuration := jeton.NewConfiguration()
	configuration.Servers = jeton.ServerConfigurations{{URL: setting(t, "JETON_URL")}}
	client := jeton.NewAPIClient(configuration)
	as := func(token string) context.Context {
		keys := map[string]jeton.APIKey{"storageToken": {Key: token}}
		return context.WithValue(t.Context(), jeton.ContextAPIKeys, keys)
	}
	master := as(setting(t, "JETON_MASTER"))

	wish := jeton.NewCreateToken()
	wish.SetDescription("made by a generated client")
	wish.SetExpiresIn(3600)
	wish.SetBucketPermissions(map[string]jeton.Access{"in.c-main": jeton.ACCESS_WRITE})
	wish.SetComponentAccess([]string{"keboola.ex-db-mysql"})
	made := must[*jeton.Token](t)(client.TokensAPI.PostTokens(master).CreateToken(*wish).Execute())
	if made.GetToken() == "" || made.GetDescription() != "made by a generated client" {
		t.Fatalf("%+v", made)
	}

	holder := as(made.GetToken())
	seen := must[*jeton.Token](t)(client.TokensAPI.GetTokensVerify(holder).Execute())
	owner := seen.GetOwner()
	if seen.GetId() != made.GetId() || owner.GetName() == "" || seen.GetToken() != "" {
		t.Fatalf("%+v", seen)
	}
	if access := *seen.GetBucketPermissions().MapmapOfStringstring; access["in.c-main"] != "write" {
		t.Fatalf("%v", access)
	}

	question := jeton.NewAskBody()
	question.SetOperation("storage.tableImported")
	question.SetBucket("in.c-main")
	question.SetAccess("write")
	answer := must[*jeton.Answer](t)(client.TokensAPI.PostTokensVerify(holder).AskBody(*question).Execute())
	if !answer.GetAllowed() {
		t.Fatal(answer.GetReason())
	}
	question.SetAccess("manage")
	answer = must[*jeton.Answer](t)(client.TokensAPI.PostTokensVerify(holder).AskBody(*question).Execute())
	if answer.GetAllowed() {
		t.Fatal(answer.GetReason())
	}

	post := jeton.NewPostEvent("keboola.ex-db-mysql", "42 rows")
	post.SetParams(map[string]interface{}{"rows": 42})
	must[*jeton.PostedEvent](t)(client.EventsAPI.PostEvents(holder).PostEvent(*post).Execute())
	events := must[[]jeton.Event](t)(client.EventsAPI.GetTokensTokenEvents(master, made.GetId()).SortOrder("asc").Execute())
	var names []string
	for _, event := range events {
		names = append(names, event.GetEvent())
	}
	if len(names) != 4 || names[0] != "storage.tokenCreated" || names[3] != "ext.keboola.ex-db-mysql." {
		t.Fatalf("%v", names)
	}

	change := jeton.NewUpdateToken()
	change.SetDescription("renamed")
	if must[*jeton.Token](t)(client.TokensAPI.PutTokensToken(master, made.GetId()).UpdateToken(*change).Execute()).GetDescription() != "renamed" {
		t.Fatal("it keeps its description")
	}
	fresh := must[*jeton.Token](t)(client.TokensAPI.PostTokensTokenRefresh(holder, made.GetId()).RefreshToken(*jeton.NewRefreshToken()).Execute())
	_, response, err := client.TokensAPI.GetTokensVerify(holder).Execute()
	refused(t, err, response, 401, "storage.tokenInvalid")
	holder = as(fresh.GetToken())

	share := jeton.NewShareToken("colleague@example.org")
	share.SetSeparateCode(true)
	if code := must[*jeton.SeparateCode](t)(client.TokensAPI.PostTokensTokenShare(master, made.GetId()).ShareToken(*share).Execute()); len(code.GetCode()) != 6 {
		t.Fatal("no code")
	}
	detail := must[*jeton.Token](t)(client.TokensAPI.GetTokensToken(master, made.GetId()).Execute())
	if len(detail.GetShares()) != 1 || len(detail.GetCopies()) != 1 {
		t.Fatalf("%+v", detail)
	}
	if tokens := must[[]jeton.Token](t)(client.TokensAPI.GetTokens(master).Limit(10).Execute()); len(tokens) < 2 {
		t.Fatalf("%+v", tokens)
	}

	_, response, err = client.TokensAPI.PostTokens(holder).CreateToken(*wish).Execute()
	refused(t, err, response, 403, "accessDenied")
	if response, err = client.TokensAPI.DeleteTokensToken(master, made.GetId()).Execute(); err != nil || response.StatusCode != 204 {
		t.Fatal(err)
	}
	_, response, err = client.TokensAPI.GetTokensToken(master, made.GetId()).Execute()
	refused(t, err, response, 404, "storage.tokens.notFound")
}
