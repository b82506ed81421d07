namespace ConnectAgent.Protocol.Services;

/// <summary>The weights of an instance (services DATA-2).</summary>
/// <param name="Passing">While its checks pass.</param>
/// <param name="Warning">While one warns.</param>
public sealed record ServiceWeights(int Passing, int Warning) : ICanBeUnset
{
    /// <summary>Where none are given.</summary>
    public static ServiceWeights Default { get; } = new(1, 1);

    bool ICanBeUnset.IsUnset => this == Default;
}
