using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>
/// What memory answers at once is answered as by whoever waits (docs/design/0014-cache-hits.md). A parameter that nobody knows has the body come later, so
/// that it is waited for and read in its general form; each request is sent with and without it.
/// </summary>
public sealed class HitEquivalenceTests
{
    private const string Waits = "?index=1";
    private const string Authorize = "/v1/agent/connect/authorize";
    private const string Plain = $$"""{"Target":"db","ClientCertURI":"spiffe://{{InProcessAgent.TrustDomain}}/ns/default/dc/dc1/svc/web","ClientCertSerial":"04:00"}""";

    private static readonly string[] Pieces =
    [
        "web", "other", "db", "dB", "", "*", "a/b", "d\\u0062", "ü", "spiffe://", InProcessAgent.TrustDomain, "/ns/default", "/ns/Default", "/ns/team", "/dc/dc1",
        "/dc/dc2", "/svc/web", "/svc/other", "/svc/w%65b", "/svc/", "/ap/default", "%", "\\n", "04:00", "4:0", "01:2c", "?", "#", "@", ":80",
    ];

    private static readonly Gen<string> Uris =
        from service in Gen.Elements("web", "other", "revoked", "w%65b", "", ".", "..", "%2e", ".web", "%00")
        from ns in Gen.Elements("default", "default", "default", "Default", "team")
        from dc in Gen.Elements("dc1", "dc1", "DC1", "dc2")
        from partition in Gen.Elements("", "", "", "/ap/default", "/ap/other")
        from end in Gen.Elements("", "", "", "/", "?x", "#x", "/more")
        select $"spiffe://{InProcessAgent.TrustDomain}{partition}/ns/{ns}/dc/{dc}/svc/{service}{end}";

    private static readonly Gen<string> Texts = Gen.OneOf(
        Uris, Gen.Elements("db", "api", "dB", "none", "a/b"), Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces.Take(6))));

    private static readonly Gen<string> Fields =
        from name in Gen.Elements("Target", "ClientCertURI", "ClientCertSerial", "Target", "ClientCertURI", "target", "Tar\\u0067et", "Unknown")
        from value in Gen.OneOf(Texts.Select(text => $"\"{text}\""), Gen.Elements("null", "1", "{}", "[\"db\"]", "\"", "nul"))
        select $"\"{name}\":{value}";

    private static readonly Gen<string> Bodies = Gen.OneOf(
        from target in Gen.Elements("db", "api", "dB", "none")
        from uri in Gen.OneOf(Uris, Gen.Constant(InProcessAgent.UriOf("web")))
        from serial in Gen.Elements("04:00", "01:2c", "1:2C", "012c", "", "no serial", " 01:2c", "0x12c", "01-2c", "00:01:2c", "01:2c:", "+12c", "04 00")
        select $$"""{"Target":"{{target}}","ClientCertURI":"{{uri}}","ClientCertSerial":"{{serial}}"}""",
        from fields in Fields.ListOf()
        from end in Gen.Elements("", "", " ", "\n", "x", "{}", "\0")
        select "{" + string.Join(',', fields.Take(5)) + "}" + end,
        Gen.Elements("", "null", "{", "[]", Plain[..^1], Plain + " ", " " + Plain, Plain.Replace(",", " ,\t", StringComparison.Ordinal), "﻿" + Plain));

    [Fact] // intentions AUTHZ-10 to AUTHZ-25, DEF-12
    public async Task Authorize_answers_the_same_at_once_and_later()
    {
        await using var agent = await InProcessAgent.StartAsync(forProduction: true, add: LaterBodies.Add);
        await agent.StoreAsync(
            new Intention { SourceName = "web", DestinationName = "db", Action = "deny" },
            new Intention { SourceName = "*", DestinationName = "api", Action = "allow" });
        await RevokeAsync(agent);
        Prop.ForAll(Arb.From(Bodies), body =>
        {
            SameAsync(agent, HttpMethod.Post, Authorize, Encoding.UTF8.GetBytes(body)).GetAwaiter().GetResult();
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
    }

    [Theory] // intentions AUTHZ-10: each step that is passed at once is passed, or refuses, as when it is waited for
    [InlineData(null, "")]
    [InlineData("deny", "X-Consul-Token: root")]
    [InlineData("deny", "X-Consul-Token: nobody")]
    [InlineData("deny", "X-Consul-Token: anonymous")]
    [InlineData("allow", "X-Consul-Token: anonymous")]
    public async Task Authorize_answers_the_same_when_every_right_is_waited_for(string? policy, string header)
    {
        (string, string)[] headers = header.Split(": ") is [var name, var value] ? [(name, value)] : [];
        await using var agent = await StartAsync(null);
        await using var later = await StartAsync(LaterServers.Add);
        Prop.ForAll(Arb.From(Bodies), body =>
        {
            (string Known, string Waited) answers = (AnswerAsync(agent, body).GetAwaiter().GetResult(), AnswerAsync(later, body).GetAwaiter().GetResult());
            answers.Known.Should().Be(answers.Waited, body);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).Repeatable());

        async Task<InProcessAgent> StartAsync(Action<IServiceCollection>? add)
        {
            var started = await InProcessAgent.StartAsync(policy, forProduction: true, add: add);
            await started.StoreAsync(
                new Intention { SourceName = "web", DestinationName = "db", Action = "deny" },
                new Intention { SourceName = "*", DestinationName = "api", Action = "allow" });
            await RevokeAsync(started);
            return started;
        }

        // Twice: the first read of a partition is a miss. How old it is differs between two agents.
        async Task<string> AnswerAsync(InProcessAgent asked, string body)
        {
            await asked.ExchangeAsync(HttpMethod.Post, Authorize, Encoding.UTF8.GetBytes(body), headers);
            var lines = (await asked.ExchangeAsync(HttpMethod.Post, Authorize, Encoding.UTF8.GetBytes(body), headers)).Split('\n');
            return string.Join('\n', lines.Where(static line => !line.StartsWith("Age: ", StringComparison.Ordinal)));
        }
    }

    [Theory] // http-conventions TOK-1, NS-1; acl ACL-ERR-3
    [InlineData("deny", "")]
    [InlineData("deny", "X-Consul-Token: root")]
    [InlineData("deny", "X-Consul-Token: nobody")]
    [InlineData("deny", "X-Consul-Token: anonymous")]
    [InlineData("deny", "Authorization: Bearer root")]
    [InlineData("deny", "Authorization: Bearer nobody")]
    [InlineData("deny", "X-Consul-Namespace: default")]
    [InlineData("allow", "X-Consul-Token: anonymous")]
    [InlineData(null, "")]
    [InlineData(null, "X-Consul-Token: anything")]
    [InlineData(null, "X-Consul-Namespace: team")]
    [InlineData(null, "Cache-Control: max-age=x")]
    [InlineData(null, "Cache-Control: max-age=1")]
    [InlineData(null, "Accept-Encoding: gzip")]
    [InlineData(null, "Accept-Encoding: gzip;q=0, identity")]
    [InlineData(null, "Origin: http://evil.example")]
    [InlineData(null, "Host: evil.example")]
    public async Task Every_endpoint_answers_the_same_at_once_and_later_whatever_the_headers(string? policy, string header)
    {
        await using var agent = await InProcessAgent.StartAsync(policy, forProduction: true, add: LaterBodies.Add);
        (string, string)[] headers = header.Split(": ") is [var name, var value] ? [(name, value)] : [];
        await SameAsync(agent, HttpMethod.Post, Authorize, Encoding.UTF8.GetBytes(Plain), headers);
        foreach (var path in new[] { "/v1/agent/connect/ca/roots", "/v1/agent/connect/ca/leaf/web", "/v1/agent/connect/ca/leaf/", "/v1/agent/connect/ca/leaf/w.b" })
        {
            await SameAsync(agent, HttpMethod.Get, path, null, headers);
            await SameAsync(agent, HttpMethod.Head, path, null, headers);
            await SameAsync(agent, HttpMethod.Post, path, [], headers);
        }
    }

    [Theory] // config-and-cli HCFG-1; http-conventions LIS-3
    [InlineData("headers")]
    [InlineData("blocked")]
    [InlineData("strict")]
    public async Task Every_endpoint_answers_the_same_at_once_and_later_whatever_the_configuration(string what)
    {
        await using var agent = await InProcessAgent.StartAsync(forProduction: true, add: LaterBodies.Add, configure: values =>
        {
            switch (what)
            {
                case "headers":
                    values.Merge(HttpKeys.ResponseHeaders, new Dictionary<string, string> { ["X-Ours"] = "yes" });
                    break;
                case "blocked":
                    values.Merge(HttpKeys.BlockEndpoints, new List<string> { "/v1/agent/connect/" });
                    break;
                default:
                    values.Set(ConnectKeys.AuthorizeStrict, true);
                    break;
            }
        });
        await SameAsync(agent, HttpMethod.Post, Authorize, Encoding.UTF8.GetBytes(Plain));
        await SameAsync(agent, HttpMethod.Post, Authorize, Encoding.UTF8.GetBytes(Plain.Replace(InProcessAgent.TrustDomain, "x.consul", StringComparison.Ordinal)));
        await SameAsync(agent, HttpMethod.Get, "/v1/agent/connect/ca/roots", null);
        await SameAsync(agent, HttpMethod.Get, "/v1/agent/connect/ca/leaf/web", null);
    }

    [Fact] // leaf-certificates LEAF-55: while somebody blocks, a leaf is a hit
    public async Task A_watched_leaf_answers_the_same_at_once_and_later()
    {
        const string Path = "/v1/agent/connect/ca/leaf/web";
        await using var agent = await InProcessAgent.StartAsync(forProduction: true, add: LaterBodies.Add);
        await agent.ExchangeAsync(HttpMethod.Get, Path);
        await agent.ExchangeAsync(HttpMethod.Get, Path + "?index=1000000&wait=1ms");
        (await SameAsync(agent, HttpMethod.Get, Path, null)).Should().Contain("X-Cache: HIT");
        (await SameAsync(agent, HttpMethod.Get, Path, null, Waits, [])).Should().Contain("X-Cache: HIT");
    }

    // A read that blocks at an index that is passed already is answered by the way that waits. It would make a leaf one that is watched (LEAF-55).
    private static Task<string> SameAsync(
        InProcessAgent agent, HttpMethod method, string path, byte[]? body, params (string Name, string Value)[] headers) =>
        SameAsync(agent, method, path, body, method == HttpMethod.Get && path.EndsWith("/roots", StringComparison.Ordinal) ? Waits : "?later=1", headers);

    // Twice: the first read of a partition is a miss.
    private static async Task<string> SameAsync(
        InProcessAgent agent, HttpMethod method, string path, byte[]? body, string later, (string Name, string Value)[] headers)
    {
        await agent.ExchangeAsync(method, path, body, headers);
        var other = await agent.ExchangeAsync(method, path + later, body, headers);
        var hit = await agent.ExchangeAsync(method, path, body, headers);
        hit.Should().Be(other, "{0} {1} {2}", method, path, body is null ? null : Encoding.UTF8.GetString(body));
        return hit;
    }

    private static async Task RevokeAsync(InProcessAgent agent)
    {
        foreach (var body in new[]
        {
            new JsonObject { ["SerialNumber"] = "01:2c" },
            new JsonObject { ["SpiffeID"] = InProcessAgent.UriOf("revoked") },
        })
        {
            (await agent.ExchangeAsync(HttpMethod.Put, "/v1/connect/ca/revoke", Encoding.UTF8.GetBytes(body.ToJsonString()))).Should().StartWith("200");
        }
    }

    /// <summary>Where it is asked for, no body is there yet when it is first looked at.</summary>
    private sealed class LaterBodies : IWireRule
    {
        public static void Add(IServiceCollection services) => services.AddSingleton<IWireRule, LaterBodies>();

        public WireException? Refuse(WireRequest request)
        {
            if (request.Target.EndsWith("?later=1", StringComparison.Ordinal))
            {
                request.Context.Features.Set<IRequestBodyPipeFeature>(new Body(request.Context.Request.BodyReader));
            }

            return null;
        }
    }

    private sealed class Body(PipeReader body) : PipeReader, IRequestBodyPipeFeature
    {
        public PipeReader Reader => this;

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return false;
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => body.ReadAsync(cancellationToken);

        public override void AdvanceTo(SequencePosition consumed) => body.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => body.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => body.CancelPendingRead();

        public override void Complete(Exception? exception = null) => body.Complete(exception);
    }
}
