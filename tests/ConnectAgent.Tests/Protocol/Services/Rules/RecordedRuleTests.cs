using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services.Rules;

/// <summary>Every registration that was recorded with the reference: what it was told, to the letter, and what became of it.</summary>
public sealed class RecordedRuleTests
{
    // What needs more than the registration: ports that are left, services that are there, settings, a method.
    private static readonly HashSet<string> Elsewhere = new(StringComparer.Ordinal)
    {
        "none-left", "err-check-svc", "reg-unbound-service", "err-script", "wrong-method",
    };

    public static TheoryData<string, string> Steps()
    {
        TheoryData<string, string> all = [];
        foreach (var recording in new[] { "agent-services", "agent-service-ports", "agent-service-blocking", "agent-checks", "catalog", "health-connect" })
        {
            foreach (var step in Load(recording).Where(static step => (string?)step!["path"] is
                "/v1/agent/service/register" or "/v1/agent/check/register" or "/v1/catalog/register" or "/v1/catalog/deregister"))
            {
                if (!Elsewhere.Contains((string)step!["id"]!))
                {
                    all.Add(recording, (string)step["id"]!);
                }
            }
        }

        return all;
    }

    [Fact]
    public void There_are_as_many_as_were_recorded() => Steps().Count.Should().BeGreaterThan(60);

    [Theory] // REG-3 to REG-14, AG-9, CAT-1, CAT-2, CAT-8
    [MemberData(nameof(Steps))]
    public void A_recorded_registration_is_judged_as_by_the_reference(string recording, string id)
    {
        var step = Load(recording).Single(candidate => (string?)candidate!["id"] == id)!;
        var response = step["response"]!;
        var expected = (int)response["status"]! == 200 ? string.Empty : (string)response["text"]!;
        Judge((string)step["path"]!, step["body"] is { } body ? body is JsonValue value ? (string)value! : body.ToJsonString() : string.Empty).Should().Be(expected);
    }

    private static string Judge(string path, string body)
    {
        try
        {
            switch (path)
            {
                case "/v1/agent/service/register":
                    var definition = Read(ServiceBodies.AgentService, body);
                    ServiceRules.RequireName(definition);
                    definition = ServiceRules.WithDefaults(definition);
                    ServiceRules.Validate(definition);
                    if (definition.Sidecar is not null)
                    {
                        TaggedAddressRules.Complete(SidecarRules.Expand(definition, 21000).Service);
                    }

                    TaggedAddressRules.Complete(definition.Service);
                    break;
                case "/v1/agent/check/register":
                    CheckRules.Standalone(Read(ServiceBodies.AgentCheck, body));
                    break;
                case "/v1/catalog/register":
                    CatalogRules.Complete(Read(ServiceBodies.CatalogRegistration, body));
                    break;
                default:
                    CatalogRules.RequireNode(Read(ServiceBodies.CatalogDeregistration, body).Node);
                    break;
            }

            return string.Empty;
        }
        catch (GoJsonException error)
        {
            return "Request decode failed: " + error.Message;
        }
        catch (ServerException error) when (error.Kind == FailureKind.Invalid)
        {
            return error.Message;
        }
    }

    private static T Read<T>(SchemaType<T> type, string body) => GoJson.Decode(Encoding.UTF8.GetBytes(body + " "), type);

    private static JsonArray Load(string recording) =>
        JsonNode.Parse(File.ReadAllText(Repository.Fixture($"recordings/{recording}.json")))!["steps"]!.AsArray();
}
