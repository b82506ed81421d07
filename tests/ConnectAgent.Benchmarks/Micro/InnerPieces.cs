using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using BenchmarkDotNet.Attributes;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Benchmarks.Suite;
using ConnectAgent.Caching;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Benchmarks.Micro;

/// <summary>The pieces that a hit, and that an issue, is made of.</summary>
[MemoryDiagnoser]
public class InnerPieces : IDisposable
{
    private static readonly ServiceId Web = new(AgentUnderTest.TrustDomain, "dc1", "web");
    private readonly byte[] _body = Encoding.UTF8.GetBytes(RequestSections.QuestionOf("db", "web"));
    private readonly string _uri = Web.ToString();
    private readonly IntentionMatch _match = IntentionMatch.ForDestination(
        [.. Enumerable.Range(0, 1_000).Select(i => new Intention { SourceName = $"service-{i}", DestinationName = "db", Action = Intention.Allow })]);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private Issuer? _issuer;
    private byte[] _request = [];

    [GlobalSetup]
    public void Prepare()
    {
        var key = CaKey.Generate("ec", 256);
        var now = TimeProvider.System.GetUtcNow();
        var root = CertificateBuilder.SelfSignedRoot(key, "bench", AgentUnderTest.TrustDomain[..36], 1, now, TimeSpan.FromDays(1));
        _issuer = new Issuer(X509CertificateLoader.LoadCertificate(root), key);
        _request = LeafIssuer.CreateRequest(Web, _key);
    }

    [Benchmark]
    public int KeyBuilding() =>
        CacheKeyComparer.Instance.GetHashCode(new CacheLookup("intention-match", "dc1", string.Empty, MatchRequest.TargetPrefix));

    [Benchmark]
    public bool Decision() => _match.Decide("service-500".AsSpan(), null, DefaultDecision.Deny).Allowed;

    [Benchmark]
    public bool SpiffePlain() => PlainServiceUri.TryRead(_uri, out _);

    [Benchmark]
    public bool SpiffeOfAnyForm() => SpiffeId.TryParse(_uri, out _, out _);

    [Benchmark]
    public bool BodyPlain()
    {
        Span<char> text = stackalloc char[PlainAuthorizeBody.Longest];
        Span<char> target = stackalloc char[PlainAuthorizeBody.Longest];
        return PlainAuthorizeBody.TryRead(_body, text, target, out _);
    }

    [Benchmark]
    public int BodyOfAnyForm() => RequestBody.DecodeBytes(_body, AuthorizeBody.Schema).Target.Length;

    [Benchmark]
    public byte[] LeafKeyAndRequest()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return LeafIssuer.CreateRequest(Web, key);
    }

    [Benchmark]
    public PublicKey LeafRequestChecked() => CsrVerification.Verify(Web, _request, "dc1");

    [Benchmark]
    public byte[] LeafBuilt() =>
        CertificateBuilder.Leaf(Web, new PublicKey(_key), _issuer!, 77, TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(72));

    [GlobalCleanup]
    public void Dispose()
    {
        _issuer?.Dispose();
        _key.Dispose();
        GC.SuppressFinalize(this);
    }
}
