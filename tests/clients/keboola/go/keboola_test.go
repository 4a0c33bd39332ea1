// Package clients has Keboola's own Go client talk to Jeton. Every answer is decoded by its types, every
// error by its error type.
package clients

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/keboola/keboola-sdk-go/v2/pkg/keboola"
)

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s has to be set", name)
	}
	return value
}

func public(t *testing.T) *keboola.PublicAPI {
	t.Helper()
	api, err := keboola.NewPublicAPI(t.Context(), setting(t, "JETON_URL"))
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func as(t *testing.T, token string) *keboola.AuthorizedAPI {
	t.Helper()
	return public(t).NewAuthorizedAPI(token, time.Minute)
}

func master(t *testing.T) *keboola.AuthorizedAPI {
	t.Helper()
	return as(t, setting(t, "JETON_MASTER"))
}

// refused holds an error against what Keboola's clients read of it.
func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *keboola.StorageError
	if !errors.As(err, &refusal) {
		t.Fatalf("no error of the Storage API: %v", err)
	}
	if refusal.StatusCode() != status || refusal.ErrCode != code {
		t.Fatalf("%d %q in place of %d %q", refusal.StatusCode(), refusal.ErrCode, status, code)
	}
	if refusal.Message == "" || refusal.ExceptionID == "" {
		t.Fatalf("an error without words or id: %+v", refusal)
	}
}

func create(t *testing.T, options ...keboola.CreateTokenOption) *keboola.Token {
	t.Helper()
	token, err := master(t).CreateTokenRequest(options...).Send(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTheIndexNamesTheService(t *testing.T) {
	if features := public(t).Index().Features; len(features) != 0 {
		t.Fatal(features)
	}
	index, err := public(t).IndexComponentsRequest().Send(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Components) != 0 {
		t.Fatal(index.Components)
	}
}

func TestVerifySaysWhoAMasterTokenIs(t *testing.T) {
	for _, presented := range []string{setting(t, "JETON_MASTER"), "Bearer " + setting(t, "JETON_MASTER")} {
		token, err := public(t).VerifyTokenRequest(presented).Send(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !token.IsMaster || token.Admin == nil || token.Organization == nil || token.Organization.ID == "" {
			t.Fatalf("%+v", token)
		}
		if token.ProjectName() != setting(t, "JETON_PROJECT_NAME") || token.ProjectID() == 0 || token.Expires != nil {
			t.Fatalf("%+v", token)
		}
		if !slices.Contains(token.Owner.Features, "hide-decrypted-token") {
			t.Fatal(token.Owner.Features)
		}
	}
}

func TestATokenThatIsAbsentOrWrongIsTold(t *testing.T) {
	_, err := public(t).VerifyTokenRequest("").Send(t.Context())
	refused(t, err, 401, "")
	_, err = public(t).VerifyTokenRequest("mytoken").Send(t.Context())
	refused(t, err, 401, "storage.tokenInvalid")
}

func TestATokenMayWhatItWasCreatedWith(t *testing.T) {
	bucket, err := keboola.ParseBucketID("in.c-main")
	if err != nil {
		t.Fatal(err)
	}
	token := create(t,
		keboola.WithDescription("from Go"),
		keboola.WithBucketPermission(bucket, keboola.BucketPermissionRead),
		keboola.WithComponentAccess("keboola.ex-aws-s3"),
		keboola.WithCanPurgeTrash(true),
		keboola.WithExpiresIn(5*time.Minute),
	)
	if token.Token == "" || token.Organization != nil || token.Expires == nil {
		t.Fatalf("%+v", token)
	}
	verified, err := public(t).VerifyTokenRequest(token.Token).Send(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if verified.BucketPermissions[bucket] != keboola.BucketPermissionRead || !verified.CanPurgeTrash {
		t.Fatalf("%+v", verified)
	}
	if verified.Description != "from Go" || verified.CanManageBuckets || verified.Creator == nil {
		t.Fatalf("%+v", verified)
	}
	if !slices.Equal(verified.ComponentAccess, []string{"keboola.ex-aws-s3"}) {
		t.Fatal(verified.ComponentAccess)
	}
}

func TestATokenForEverythingHasNoSingleBuckets(t *testing.T) {
	token := create(t, keboola.WithCanManageBuckets(true), keboola.WithCanReadAllFileUploads(true))
	if len(token.BucketPermissions) != 0 || !token.CanManageBuckets || !token.CanReadAllFileUploads {
		t.Fatalf("%+v", token)
	}
}

func TestATokenIsListedReadRefreshedAndDeleted(t *testing.T) {
	token, api := create(t, keboola.WithDescription("lives")), master(t)
	listed, err := api.ListTokensRequest().Send(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	named := func(listed *keboola.Token) bool { return listed.ID == token.ID && listed.Token == "" }
	if !slices.ContainsFunc(*listed, named) {
		t.Fatal("it is not listed")
	}
	detail, err := api.TokenDetailRequest(token.ID).Send(t.Context())
	if err != nil || detail.Description != "lives" || detail.Token != "" {
		t.Fatalf("%+v %v", detail, err)
	}
	refreshed, err := api.RefreshTokenRequest(token.ID).Send(t.Context())
	if err != nil || refreshed.Token == "" || refreshed.Token == token.Token {
		t.Fatalf("%+v %v", refreshed, err)
	}
	_, err = public(t).VerifyTokenRequest(token.Token).Send(t.Context())
	refused(t, err, 401, "storage.tokenInvalid")
	if _, err = public(t).VerifyTokenRequest(refreshed.Token).Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err = api.DeleteTokenRequest(token.ID).Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = public(t).VerifyTokenRequest(refreshed.Token).Send(t.Context())
	refused(t, err, 401, "storage.tokenInvalid")
	_, err = api.DeleteTokenRequest(token.ID).Send(t.Context())
	refused(t, err, 404, "storage.tokens.notFound")
}

func TestATokenWithoutRightsIsRefused(t *testing.T) {
	limited := as(t, create(t).Token)
	_, err := limited.CreateTokenRequest().Send(t.Context())
	refused(t, err, 403, "accessDenied")
	_, err = limited.RefreshTokenRequest("1").Send(t.Context())
	refused(t, err, 403, "accessDenied")
}

func TestATokenThatIsNotThereIsNotFound(t *testing.T) {
	_, err := master(t).TokenDetailRequest("1").Send(t.Context())
	refused(t, err, 404, "storage.tokens.notFound")
	_, err = master(t).TokenDetailRequest("nonsense").Send(t.Context())
	refused(t, err, 404, "notFound")
}

func TestAnEventIsTaken(t *testing.T) {
	event := &keboola.Event{
		ComponentID: "keboola.ex-aws-s3",
		Message:     "it ran",
		Type:        "info",
		Duration:    42,
		Params:      keboola.JSONString{"rows": 7},
		Results:     keboola.JSONString{"state": "done"},
		RunID:       "12.34",
	}
	posted, err := as(t, create(t).Token).CreateEventRequest(event).Send(t.Context())
	if err != nil || posted.ID == "" {
		t.Fatalf("%+v %v", posted, err)
	}
}

func TestTheEventsOfATableAreRead(t *testing.T) {
	table, err := keboola.ParseTableID("in.c-main.orders")
	if err != nil {
		t.Fatal(err)
	}
	events, err := master(t).ListTableEventsRequest(table, keboola.WithTableEventsLimit(5)).Send(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range *events {
		if event.ID == "" || event.Created == "" {
			t.Fatalf("%+v", event)
		}
	}
	if len(*events) == 0 {
		t.Fatal("there is an event of this table")
	}
}
