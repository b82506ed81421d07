using System.CommandLine;
using System.Globalization;
using System.Text;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.Tls;

/// <summary><c>tls ca create</c> and <c>tls cert create</c>: certificates for HTTPS between agents and servers; no agent is asked.</summary>
internal static class TlsCommands
{
    private static readonly Option<string?> Domain = Flag.Text("domain", "The domain of the names; consul unless it is said.");
    private static readonly Option<string?> Days = Flag.Text("days", "How many days the certificate holds.");
    private static readonly Option<bool> IsConstrained = Flag.Switch("name-constraint", "The CA may certify only names of its domain and localhost.");
    private static readonly Option<string[]> MoreConstraints = Flag.Texts("additional-name-constraint", "A further domain that it may certify.");
    private static readonly Option<bool> Server = Flag.Switch("server", "A certificate of a server.");
    private static readonly Option<bool> Client = Flag.Switch("client", "A certificate of a client agent.");
    private static readonly Option<bool> Cli = Flag.Switch("cli", "A certificate for this command line.");
    private static readonly Option<string?> Datacenter = Flag.Text("dc", "The datacenter; dc1 unless it is said.");
    private static readonly Option<string?> Node = Flag.Text("node", "The node, whose name is added: NODE.server.DC.DOMAIN.");
    private static readonly Option<string[]> MoreNames = Flag.Texts("additional-dnsname", "A further name.");
    private static readonly Option<string[]> MoreAddresses = Flag.Texts("additional-ipaddress", "A further IP address.");
    private static readonly Option<string?> CaFile = Flag.Text("ca", "The CA's certificate; DOMAIN-agent-ca.pem unless it is said.");
    private static readonly Option<string?> CaKeyFile = Flag.Text("key", "The CA's key; DOMAIN-agent-ca-key.pem unless it is said.");

    public static CliCommand Create() => CliCommand.Group(
        "tls",
        "Certificates for HTTPS.",
        CliCommand.Group("ca", "A certificate authority.", CliCommand.Local(
            "create", "Makes a CA: a certificate and its key.", "tls ca create", CreateAuthorityAsync, Domain, Days, IsConstrained, MoreConstraints)),
        CliCommand.Group("cert", "Certificates of a CA.", CliCommand.Local(
            "create", "Makes a certificate and its key.", "tls cert create -server -dc dc1", CreateCertificateAsync,
            Server, Client, Cli, Datacenter, Node, Domain, Days, MoreNames, MoreAddresses, CaFile, CaKeyFile)));

    private static async Task<int> CreateAuthorityAsync(Invocation call)
    {
        const int FiveYears = 1825;
        var domain = call.Given(Domain) ?? "consul";
        RequireNames([domain, .. call.Of(MoreConstraints)]);
        var (certificate, key) = ($"{domain}-agent-ca.pem", $"{domain}-agent-ca-key.pem");
        foreach (var file in new[] { certificate, key }.Where(File.Exists))
        {
            throw new CommandFailure(file + " already exists.");
        }

        string[] names = call.Of(IsConstrained) ? [domain, "localhost", .. call.Of(MoreConstraints)] : [];
        var pair = CertificateMaking.Authority(names, DaysOf(call, FiveYears));
        await pair.WriteAsync(call, certificate, key);
        return 0;
    }

    private static async Task<int> CreateCertificateAsync(Invocation call)
    {
        const int OneYear = 365;
        var (domain, datacenter) = (call.Given(Domain) ?? "consul", call.Given(Datacenter) ?? "dc1");
        var kind = (call.Of(Server), call.Of(Client), call.Of(Cli)) switch
        {
            (true, false, false) => "server",
            (false, true, false) => "client",
            (false, false, true) => "cli",
            _ => throw new CommandFailure("Please provide either -server, -client, or -cli"),
        };
        RequireNames([$"{kind}.{datacenter}.{domain}", call.Given(Node) ?? kind, .. call.Of(MoreNames)]);
        if (call.Given(Node) is not null && kind != "server")
        {
            throw new CommandFailure("-node requires -server");
        }

        var (caFile, caKeyFile) = (call.Given(CaFile) ?? $"{domain}-agent-ca.pem", call.Given(CaKeyFile) ?? $"{domain}-agent-ca-key.pem");
        var authority = CertificateMaking.Load(InputFile.Read(caFile, "Error reading CA: "), InputFile.Read(caKeyFile, "Error reading CA key: "));
        if (kind == "server")
        {
            call.Done("""
                ==> WARNING: Server Certificates grants authority to become a
                    server and access all state in the cluster including root keys
                    and all ACL tokens. Do not distribute them to production hosts
                    that are not server nodes. Store them as securely as CA keys.
                """);
        }

        call.Done($"==> Using {caFile} and {caKeyFile}");
        string[] names =
        [
            .. call.Of(MoreNames),
            .. call.Given(Node) is { } node ? new[] { $"{node}.server.{datacenter}.{domain}" } : [],
            .. kind == "cli" ? Array.Empty<string>() : [$"{kind}.{datacenter}.{domain}", "localhost"],
        ];
        var pair = CertificateMaking.Certificate(
            authority, $"{kind}.{datacenter}.{domain}", names, kind == "cli" ? call.Of(MoreAddresses) : [.. call.Of(MoreAddresses), "127.0.0.1"], DaysOf(call, OneYear), kind == "server");
        var name = FreeName(datacenter, kind, domain);
        await pair.WriteAsync(call, name + ".pem", name + "-key.pem");
        return 0;
    }

    // Files are called after them, too.
    private static void RequireNames(IEnumerable<string> names)
    {
        foreach (var name in names.Where(static name => !Ascii.IsValid(name) || Uri.CheckHostName(name.TrimStart('*', '.')) != UriHostNameType.Dns))
        {
            throw new CommandFailure("Invalid DNS name: " + GoQuote.Of(name));
        }
    }

    // The first number that no file has yet.
    private static string FreeName(string datacenter, string kind, string domain)
    {
        for (var number = 0; ; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{datacenter}-{kind}-{domain}-{number}");
            if (!File.Exists(name + ".pem") && !File.Exists(name + "-key.pem"))
            {
                return name;
            }
        }
    }

    private static int DaysOf(Invocation call, int fallback) => call.Given(Days) is not { } text
        ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days > 0 && days < (DateTimeOffset.MaxValue - TimeProvider.System.GetUtcNow()).Days
            ? days
            : throw new CommandFailure($"invalid value \"{text}\" for flag -days: parse error");
}
