using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>The tables of <c>local.db</c>. Each store has its own, because reading them opens the tokens with that store's key.</summary>
internal sealed class LocalTables
{
    private static readonly JsonTypeInfo<LocalService> ServiceJson = SparseJson.Of(LocalRowJson.Default.LocalService);
    private static readonly JsonTypeInfo<RegisteredCheck> CheckJson = SparseJson.Of(LocalRowJson.Default.RegisteredCheck);
    private readonly TokenSeal _seal;
    private readonly Action<string> _tokenLost;

    public LocalTables(TokenSeal seal, Action<string> tokenLost)
    {
        (_seal, _tokenLost) = (seal, tokenLost);
        Services = new("local-services", ServiceJson, static row => row.Id)
        {
            SecondKeys = [SidecarsOf],
            Renew = row => row with { Stored = row.Stored.Completed(), Token = Opened(PlaceOf(row), row.SealedToken) },
        };
        Checks = new("local-checks", CheckJson, static row => row.CheckId)
        {
            SecondKeys = [ChecksOf],
            Renew = row => row.Completed() with { Token = Opened(PlaceOf(row), row.SealedToken) },
        };
    }

    /// <summary>By the service whose registration made them.</summary>
    public SecondKey<LocalService> SidecarsOf { get; } = new(static row => row.SidecarOf is { } parent ? [parent] : []);

    /// <summary>By service; those of the node by an empty ID.</summary>
    public SecondKey<RegisteredCheck> ChecksOf { get; } = new(static row => [row.ServiceId]);

    /// <summary>By service ID.</summary>
    public StateTable<LocalService> Services { get; }

    /// <summary>By check ID.</summary>
    public StateTable<RegisteredCheck> Checks { get; }

    /// <summary>By check ID.</summary>
    public StateTable<KeptResult> Results { get; } = new("local-check-results", LocalRowJson.Default.KeptResult, static row => row.CheckId);

    public IReadOnlyList<StateTable> All => [Services, Checks, Results];

    /// <summary>With its token sealed.</summary>
    public LocalService Sealed(LocalService row) => row with { SealedToken = _seal.Seal(PlaceOf(row), row.Token) };

    /// <inheritdoc cref="Sealed(LocalService)"/>
    public RegisteredCheck Sealed(RegisteredCheck row) => row with { SealedToken = _seal.Seal(PlaceOf(row), row.Token) };

    private static string PlaceOf(LocalService row) => "service " + row.Id;

    private static string PlaceOf(RegisteredCheck row) => "check " + row.CheckId;

    private string Opened(string place, string? sealedToken)
    {
        if (sealedToken is null)
        {
            return string.Empty;
        }

        if (_seal.Open(place, sealedToken) is { } token)
        {
            return token;
        }

        _tokenLost(place);
        return string.Empty;
    }
}
