namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>The events of the sealed store that its tests look for.</summary>
internal static class SealedEvents
{
    public const int FileBad = 1201;
    public const int ModeTightened = 1205;
    public const int LoadFailed = 1207;
    public const int Written = 1209;
    public const int WriteFailed = 1210;
    public const int WriteRecovered = 1211;
    public const int EntryRefused = 1212;
    public const int ClosedUnwritten = 1213;
}
