using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using FluentAssertions.Execution;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace ConnectAgent.Tests.Http;

/// <summary>
/// What a route declares is what it does (acl section 7): every method of every route is asked under a token that is unknown, under none, under
/// one that may do everything but what is declared, and under one that may do nothing else.
/// </summary>
public sealed partial class RoutePermissionTests
{
    private const string Unknown = "12345678-1234-1234-1234-123456789012";
    private static readonly (int, string) NotFound = (403, "ACL not found");
    private static readonly (int Status, string Text) Denied = (403, "Permission denied");

    // What is seen of it when nothing may be seen; the servers' own service is another one.
    private static readonly string[] EmptyTexts = ["[]", "{}", "null", """{"Node":null,"Services":null}""", """{"consul":[]}"""];

    [Fact]
    public void A_route_that_declares_nothing_is_not_mapped()
    {
        var routes = new WireRoutes();
        var map = () => routes.MapWire("/v1/secret", (HttpMethods.Get, Permission.None, Answer), (HttpMethods.Put, null!, Answer));
        map.Should().Throw<ArgumentException>().WithMessage("PUT /v1/secret declares no permission*");

        static Task Answer(WireRequest request) => WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    [Fact] // so that a new one is asked for what it is about, and not for something that is not there; this node's name is known to all
    public async Task A_route_whose_right_is_to_a_name_has_requests_of_its_own()
    {
        await using var agent = await StartAsync();
        var declared = agent.Routes.SelectMany(static route => route.Methods.Select(method => (Key: $"{method.Method} {RouteProbes.PathOf(route)}", method.Permission))).ToList();
        declared.Where(static one => one.Permission is { Kind: PermissionKind.Right or PermissionKind.Filtered, On: not ("" or "this node") })
            .Select(static one => one.Key).Should().BeSubsetOf(RouteProbes.Rows);
        RouteProbes.Rows.Should().BeSubsetOf(declared.Select(static one => one.Key), "what is no route is asked for nothing");
    }

    [Fact]
    public async Task An_unknown_token_is_refused_wherever_a_token_is_looked_at()
    {
        await using var agent = await StartAsync();
        using var all = new AssertionScope();
        foreach (var (method, probe) in RouteProbes.Of(agent.Routes))
        {
            var seeds = await SeedAsync(agent);
            var answer = await AskAsync(agent, method, probe, seeds, Unknown);
            if (method.Permission.Kind == PermissionKind.None)
            {
                answer.Should().NotBe(NotFound, "{0} {1} looks at no token", method.Method, probe.Path);
                answer.Should().Be(await AskAsync(agent, method, probe, seeds, string.Empty), "{0} {1} looks at no token", method.Method, probe.Path);
                answer.Status.Should().NotBe(500);
            }
            else
            {
                answer.Should().Be(NotFound, "{0} {1} needs {2}", method.Method, probe.Path, method.Permission);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_without_the_right_is_refused_or_sees_nothing(bool isAnonymous)
    {
        await using var agent = await StartAsync();
        using var all = new AssertionScope();
        foreach (var (method, probe) in RouteProbes.Of(agent.Routes))
        {
            // Given everything but what is declared, and nothing at all
            var seeds = await SeedAsync(agent);
            var token = isAnonymous ? string.Empty : await agent.TokenAsync(EverythingBut(method.Permission, probe));

            // When
            var answer = await AskAsync(agent, method, probe, seeds, token);

            // Then
            var because = $"{method.Method} {probe.Path} needs {method.Permission}";
            switch (method.Permission.Kind)
            {
                case PermissionKind.Right:
                case PermissionKind.LoginToken when !isAnonymous:
                    // ACL-ERR-2: some say what is missing, too.
                    answer.Status.Should().Be(Denied.Status, because);
                    answer.Text.Split(": Missing ")[0].Should().Be(Denied.Text, because);
                    break;
                case PermissionKind.Filtered:
                    answer.Status.Should().Be(200, because);
                    EmptyTexts.Should().Contain(Compact(answer.Text), because);
                    break;
                case PermissionKind.OwnToken or PermissionKind.LoginToken when isAnonymous:
                    answer.Should().Be(NotFound, because);
                    break;
                case PermissionKind.OwnToken or PermissionKind.AnyToken:
                    answer.Status.Should().Be(200, because);
                    break;
                default:
                    answer.Should().NotBe(Denied, because);
                    break;
            }
        }
    }

    [Fact]
    public async Task The_right_alone_is_enough()
    {
        await using var agent = await StartAsync();
        using var all = new AssertionScope();
        foreach (var (method, probe) in RouteProbes.Of(agent.Routes)
            .Where(asked => asked.Method.Permission.Kind is PermissionKind.Right or PermissionKind.Filtered))
        {
            var permission = method.Permission;
            var seeds = await SeedAsync(agent);
            var token = await agent.TokenAsync(Rule(ResourceOf(permission, probe), probe.Name, LevelOf(permission.Access)) + probe.Besides);
            var answer = await AskAsync(agent, method, probe, seeds, token);
            answer.Status.Should().NotBe(403, "{0} {1} needs no more than {2}: {3}", method.Method, probe.Path, permission, answer.Text);
            if (permission.Kind == PermissionKind.Filtered)
            {
                EmptyTexts.Should().NotContain(Compact(answer.Text), "{0} {1} needs no more than {2}", method.Method, probe.Path, permission);
            }
        }
    }

    [Fact]
    public async Task What_is_forwarded_is_decided_by_the_servers()
    {
        await using var server = await StartAsync();
        await SeedAsync(server);
        await using var client = await StartClientAsync(server);
        client.Routes.SelectMany(route => route.Methods).Should().Contain(method => method.Permission.Kind == PermissionKind.Forwarded);
        const string List = "/v1/connect/intentions";
        (await AskAsync(client, "GET", List, null, Unknown)).Should().Be(NotFound);
        (await AskAsync(client, "GET", List, null, string.Empty)).Should().Be((200, "[]"));
        (await AskAsync(client, "GET", List, null, "root")).Text.Should().Contain("DestinationName");
    }

    [Fact]
    public async Task The_page_lists_every_permission()
    {
        await using var server = await StartAsync();
        await using var client = await StartClientAsync(server);
        var page = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "http-api.md")))
            .Split("\n## ").Single(section => section.StartsWith("Permissions\n", StringComparison.Ordinal));
        var listed = Row().Matches(page).Select(row => $"{row.Groups["method"].Value} {row.Groups["path"].Value}: {row.Groups["needs"].Value}");
        var declared = server.Routes.Concat(client.Routes)
            .SelectMany(route => route.Methods.Where(method => method.Permission.Kind != PermissionKind.Forwarded)
                .Select(method => $"{method.Method} {RouteProbes.PathOf(route)}: {method.Permission}"));
        listed.Should().BeEquivalentTo(declared.Distinct());
    }

    private static Task<InProcessAgent> StartAsync() => InProcessAgent.StartAsync("deny", values =>
    {
        values.Set(AclKeys.DefaultToken, null);
        values.Set(NodeKeys.NodeName, "node1");
    });

    private static Task<InProcessAgent> StartClientAsync(InProcessAgent server) =>
        InProcessAgent.StartAsync(configure: values => InProcessAgent.PutInFrontOf(values, server.Address));

    private static Task<(int Status, string Text)> AskAsync(
        InProcessAgent agent, WireMethod method, RouteProbe probe, (string Intention, string Query) seeds, string token) => AskAsync(
            agent,
            method.Method,
            probe.Path.Replace("{id}", seeds.Intention, StringComparison.Ordinal).Replace("{query}", seeds.Query, StringComparison.Ordinal),
            probe.Body,
            token);

    // In development mode documents end in a newline.
    private static async Task<(int Status, string Text)> AskAsync(InProcessAgent agent, string method, string path, string? body, string token)
    {
        var (status, text, _) = await agent.SendAsync(method, path, body, token);

        // What a prepared query finds is a list inside of what is said of the query.
        return (status, status == 200 && path.EndsWith("/execute", StringComparison.Ordinal)
            ? JsonNode.Parse(text)!["Nodes"]!.ToJsonString()
            : text.TrimEnd('\n'));
    }

    // What the probes are about is there anew for each of them: the ones before may have changed it.
    private static async Task<(string Intention, string Query)> SeedAsync(InProcessAgent agent)
    {
        foreach (var query in JsonNode.Parse(await DoAsync("GET", "/v1/query", null))!.AsArray())
        {
            await DoAsync("DELETE", "/v1/query/" + (string)query!["ID"]!, null);
        }

        await DoAsync("DELETE", "/v1/config/service-intentions/db", null);
        await DoAsync("PUT", "/v1/config", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
        await DoAsync("PUT", "/v1/agent/service/register", """{"Name":"web","Check":{"TTL":"10s"},"Connect":{"Native":true}}""");
        await DoAsync("PUT", "/v1/config", """{"Kind":"ingress-gateway","Name":"web","Listeners":[{"Port":1,"Protocol":"http","Services":[{"Name":"web"}]}]}""");
        await DoAsync("PUT", "/v1/catalog/register", """{"Node":"node1","SkipNodeUpdate":true,"Service":{"ID":"gate","Service":"web","Kind":"ingress-gateway","Port":1}}""");
        var made = await DoAsync("POST", "/v1/connect/intentions", """{"SourceName":"web","DestinationName":"db","Action":"allow"}""");
        var stored = await DoAsync("POST", "/v1/query", """{"Name":"probe","Service":{"Service":"web"}}""");
        return ((string)JsonNode.Parse(made)!["ID"]!, (string)JsonNode.Parse(stored)!["ID"]!);

        async Task<string> DoAsync(string method, string path, string? body)
        {
            var (status, text, _) = await agent.SendAsync(method, path, body, "root");
            status.Should().Be(200, text);
            return text;
        }
    }

    private static string Compact(string json) => JsonNode.Parse(json)?.ToJsonString() ?? "null";

    private static AclResource ResourceOf(Permission permission, RouteProbe probe) => permission.Resource ?? probe.Resource!.Value;

    private static string LevelOf(AclAccess access) => access == AclAccess.Write ? "write" : "read";

    private static string Rule(AclResource resource, string name, string level) => resource switch
    {
        AclResource.Acl or AclResource.Operator or AclResource.Keyring => $"{Word(resource)} = \"{level}\"\n",
        AclResource.Intention => $"service \"{name}\" {{ policy = \"deny\" intentions = \"{level}\" }}\n",
        _ => $"{Word(resource)} \"{name}\" {{ policy = \"{level}\" }}\n",
    };

    private static string Word(AclResource resource) => resource.ToString().ToLowerInvariant();

    // One level below what is declared, and everything else.
    private static string EverythingBut(Permission permission, RouteProbe probe)
    {
        var plain = new[] { AclResource.Acl, AclResource.Operator, AclResource.Keyring };
        var named = new[] { AclResource.Agent, AclResource.Node, AclResource.Event, AclResource.Key, AclResource.Query, AclResource.Session };
        var all = string.Concat(named.Select(resource => $"{Word(resource)}_prefix \"\" {{ policy = \"write\" }}\n"))
            + "service_prefix \"\" { policy = \"write\" intentions = \"write\" }\n";
        if (permission.Kind is not (PermissionKind.Right or PermissionKind.Filtered))
        {
            return all + string.Concat(plain.Select(resource => Rule(resource, string.Empty, "write")));
        }

        var missing = ResourceOf(permission, probe);
        var below = permission.Access == AclAccess.Write ? "read" : "deny";
        return all + string.Concat(plain.Where(resource => resource != missing).Select(resource => Rule(resource, string.Empty, "write"))) + missing switch
        {
            // Seen with a right to either name, so both are missing.
            AclResource.Intention => string.Concat(new[] { "web", "db" }.Select(
                name => $"service \"{name}\" {{ policy = \"write\" intentions = \"{below}\" }}\n")),
            AclResource.Service => $"service \"{probe.Name}\" {{ policy = \"{below}\" intentions = \"write\" }}\n",
            _ => Rule(missing, probe.Name, below),
        };
    }

    [GeneratedRegex(@"^\| `(?<method>[A-Z]+) (?<path>/v1/[^` ]*)` \| (?<needs>[^|]+) \|\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
