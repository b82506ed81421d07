using System.Globalization;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli.Doctor;

/// <summary>The servers that a configuration names, asked as the agent would ask them: whether they answer, what time it is there, and whether they know the agent's tokens.</summary>
internal static class ServerChecks
{
    public static async IAsyncEnumerable<Finding> OfAsync(AgentConfiguration configuration, TimeProvider clock)
    {
        foreach (var address in configuration.Servers.Addresses)
        {
            var (name, options) = ("server " + address.GetLeftPart(UriPartial.Authority), OptionsOf(configuration, address));
            using var limit = new CancellationTokenSource(configuration.Servers.Timeout);
            List<Finding> findings = [];
            try
            {
                using var api = AgentApi.Open(options);
                var leader = await api.SendAsync(ApiRequest.Get("/v1/status/leader"), limit.Token);
                findings.Add(leader.Json().AsText().Length > 0
                    ? Finding.Ok(name + ": answers")
                    : Finding.Warn(name + ": answers, but knows no leader", "wait for the servers to elect one, or look at their log"));
                if (CertificateChecks.OfClock(name, leader.Header("Date"), clock.GetUtcNow()) is { } time)
                {
                    findings.Add(time);
                }

                findings.Add(await RootsAsync(api, name, clock, limit.Token));
                findings.AddRange(await TokensAsync(configuration, options, name, limit.Token));
            }
            catch (ApiException error)
            {
                findings.Add(Finding.Fail($"{name}: {error.Message}", "look at connect_agent.servers and connect_agent.server_ca_file, at the network, and at the server"));
            }
            catch (OperationCanceledException)
            {
                findings.Add(Finding.Fail(
                    string.Create(CultureInfo.InvariantCulture, $"{name}: no answer within {configuration.Servers.Timeout.TotalSeconds:0} s"), "look at the network and the server"));
            }

            foreach (var finding in findings)
            {
                yield return finding;
            }
        }
    }

    private static async Task<Finding> RootsAsync(AgentApi api, string server, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return CertificateChecks.OfRoots((await api.SendAsync(ApiRequest.Get("/v1/connect/ca/roots"), cancellationToken)).Json(), clock.GetUtcNow());
        }
        catch (ApiException error) when (error.Status != 0)
        {
            return Finding.Fail($"CA at {server}: {error.Message}", "do what it says, and look at the server's log");
        }
    }

    /// <summary>Whether an agent or a server knows a token.</summary>
    /// <param name="api">Sends it.</param>
    /// <param name="name">What the token is called.</param>
    /// <param name="toDo">Where another one is set.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">There is no answer.</exception>
    public static async Task<Finding> TokenAsync(AgentApi api, string name, string toDo, CancellationToken cancellationToken)
    {
        try
        {
            var token = (await api.SendAsync(ApiRequest.Get("/v1/acl/token/self"), cancellationToken)).Json();
            var end = token.Field("ExpirationTime") is { ValueKind: JsonValueKind.String } time ? $", good until {time.GetString()}" : string.Empty;
            return Finding.Ok($"{name}: known, accessor {token.Text("AccessorID")}{end}");
        }
        catch (ApiException error) when (error.Status == 401)
        {
            return Finding.Ok($"{name}: not needed, ACLs are off");
        }
        catch (ApiException error) when (error.Status == 403)
        {
            return Finding.Fail($"{name}: is not known", toDo);
        }
        catch (ApiException error) when (error.Status != 0)
        {
            return Finding.Fail($"{name}: {error.Message}", toDo);
        }
    }

    private static async Task<List<Finding>> TokensAsync(AgentConfiguration configuration, ApiOptions options, string server, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        foreach (var (key, token) in new[] { ("acl.tokens.default", configuration.Tokens.Default), ("acl.tokens.agent", configuration.Tokens.Agent) })
        {
            if (token.Length > 0)
            {
                using var api = AgentApi.Open(options with { Token = token });
                findings.Add(await TokenAsync(api, $"{key} at {server}", $"set {key} to a token that the servers have", cancellationToken));
            }
        }

        return findings;
    }

    private static ApiOptions OptionsOf(AgentConfiguration configuration, Uri address) => new()
    {
        Address = address.GetLeftPart(UriPartial.Authority),
        AuthorityFile = configuration.Servers.AuthorityFile,
        CertificateFile = configuration.Servers.CertificateFile,
        KeyFile = configuration.Servers.KeyFile,
        TlsName = configuration.Servers.TlsName,
        Query = [new("dc", configuration.Datacenter)],
    };
}
