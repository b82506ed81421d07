using System.Text;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Testing;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>What servers answer: whatever comes, each reader takes it or calls it garbage.</summary>
/// <remarks>The first line is the status, <c>X-Consul-Index</c> and <c>Retry-After</c>, with spaces between; the rest is the body.</remarks>
internal sealed class ServerAnswerFuzz : FuzzTarget
{
    private static readonly MatchNames Names = new(ByDestination: true, ["web"]);
    private static readonly InstancesQuery Health = new(connect: false, "web", [], [], string.Empty);
    private static readonly ServiceId Web = new("11111111-2222-3333-4444-555555555555.consul", "dc1", "web");
    private static readonly ConsulOperation[] Operations = Enum.GetValues<ConsulOperation>();
    private readonly ManualTimeProvider _clock = new();

    public override string Name => "server-answer";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "\"\"", "\"ActiveRootID\"", "\"Roots\"", "\"TrustDomain\"", "\"RootCert\"", "\"web\"", "\"SourceName\":\"a\"",
        "\"DestinationName\":\"web\"", "\"Action\":\"deny\"", "\"Permissions\":[", "\"Revoked\"", "\"Node\"", "\"Service\"", "\"Checks\"", "\"AccessorID\"",
        "\"ExpirationTime\":\"2026-01-01T00:00:00Z\"", "\"CertPEM\"", "\"Allow\":true", "\"\\ud800\"", "200 1\n", "500 \n", "ACL not found", "Permission denied",
    ];

    // Nine readers look at each body, and errors name what they read.
    public override long FreeWork => 512 * 1024;

    public override long WorkPerByte => 4_096;

    public override bool Run(byte[] input)
    {
        var line = Math.Max(0, input.AsSpan().IndexOf((byte)'\n'));
        var head = Encoding.Latin1.GetString(input.AsSpan(0, line)).Split(' ', 3);
        using var message = new HttpResponseMessage();
        message.Headers.TryAddWithoutValidation("X-Consul-Index", head.ElementAtOrDefault(1));
        message.Headers.TryAddWithoutValidation("Retry-After", head.ElementAtOrDefault(2));
        var status = int.TryParse(head[0], out var number) ? number : 200;
        var answer = new ConsulAnswer("server", status, message.Headers, input.AsMemory(Math.Min(input.Length, line + 1)));
        ConsulFailure.RetryAfterOf(answer, _clock);
        if (status != 200)
        {
            foreach (var operation in Operations)
            {
                var failure = ConsulFailure.Of(new ConsulCall(operation, HttpMethod.Get, "/v1/x", "secret-token", TimeSpan.Zero), answer);
                Require(failure.Message.Length is > 0 and < 1_000, "a failure without a text, or with a long one");
                Require(!failure.Message.Contains("secret-token", StringComparison.Ordinal), "a failure that tells the token");
            }

            return false;
        }

        var taken = 0;
        Read(() => RootsRead.Instance.Decode(new RootsRequest("dc1"), answer));
        Read(() => RevocationRead.Instance.Decode(new RevocationRequest("dc1"), answer));
        Read(() => MatchRead.Instance.Decode(Names, answer));
        Read(() => DiscoveryReads.Health.Decode(Health, answer));
        Read(() => ConsulReplies.Signature(answer));
        Read(() => ConsulReplies.Expiration(answer));
        Read(() => ConsulReplies.Allowed(answer, 1));
        Read(() => ConsulServers.LeaderOf(answer));
        Read(() => new DelegatedLeafRead(_clock).Decode(Web, answer));
        return taken > 0;

        void Read<T>(Func<T> reader)
        {
            try
            {
                reader();
                taken++;
            }
            catch (ServerException error)
            {
                Require(error.Message.Length is > 0 and < 2_000, "a failure without a text, or with a long one");
            }
        }
    }
}
