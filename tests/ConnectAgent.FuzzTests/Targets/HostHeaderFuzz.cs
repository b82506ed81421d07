using System.Net;
using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Wire;
using Microsoft.AspNetCore.Http;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The Host header, which keeps web pages out (http-conventions SEC-2).</summary>
internal sealed class HostHeaderFuzz : FuzzTarget
{
    private static readonly BrowserGuard Guard = new(new WireSettings(new WireOptions { AllowedHosts = ["agent.example"] }));

    public override string Name => "host-header";

    public override IReadOnlyList<string> Words => ["localhost", "127.0.0.1", "[::1]", "::1", ":", ":8500", "[", "]", ".", "agent.example", "evil.example", "0x7f.1", "@", "%", " "];

    public override bool Run(byte[] input)
    {
        var host = Encoding.Latin1.GetString(input);
        var context = new DefaultHttpContext();
        context.Request.Headers.Host = host;
        context.Connection.LocalIpAddress = IPAddress.Loopback;
        var isTaken = Guard.Refuse(context) is null;

        // Said once more and differently: a name that a browser could have looked up is none of ours.
        var name = host.Split(':')[0];
        Require(
            !isTaken || !name.EndsWith("evil.example", StringComparison.OrdinalIgnoreCase) || name.Contains('[', StringComparison.Ordinal),
            "the name of another host is taken for ours");
        return isTaken;
    }
}
