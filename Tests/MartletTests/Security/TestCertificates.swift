/// Certificates for tests, valid to 2099. Their keys guard nothing: they are here for all to read.
///
/// Made with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` and `openssl x509 -req -CA`.
enum TestCertificates {
    /// Who signed the server's and the client's certificate.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBiDCCAS6gAwIBAgIUD+hfwis22PSJr5Xzu8XUVq4HPrMwCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWTWFydGxldCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEyMDM1
        NTVaGA8yMDk5MTIyODIwMzU1NVowITEfMB0GA1UEAwwWTWFydGxldCB0ZXN0IGF1
        dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBls0IoLMp7ic78QaNzd
        GefTC8xs/Y0xIbStjHEbRZjjI9NIZ7pfn+lVwPM0rF/g0Di485TM6IYXc26edSRE
        UaujQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQW
        BBQXApTNb/CBZFHYOmc46vaHns68DzAKBggqhkjOPQQDAgNIADBFAiAtnOyRuxxI
        dzD0Vs8dPcUV98J3P3aB9VFueaX9CYte8AIhAIj3K5m8dAfXDYkIWBeXvoEM5moK
        8M/EumU1WkwIbEu7
        -----END CERTIFICATE-----
        """

    /// Who signed none of them.
    static let otherAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBiDCCAS6gAwIBAgIUS94QoRghxlu1WtUCusEqwCY0D3kwCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWQW5vdGhlciB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEyMDM1
        NTVaGA8yMDk5MTIyODIwMzU1NVowITEfMB0GA1UEAwwWQW5vdGhlciB0ZXN0IGF1
        dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEgud/05h3T7UB0oHuvE
        sIx2x/3azXIfRUXRZ9dVUMcUlQO1k10W/KtCu9jUd6Ywn2Bt8diJBpCHFVTrRObX
        wo6jQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQW
        BBRxnw6P4EGgKj/bGffzezrVematSTAKBggqhkjOPQQDAgNIADBFAiAntyzrGJOp
        EpBzYxAYGaBRCABy1cSTl6iTzSTGnRBaMAIhAM9n8VQlYKPcPqKRKO1mN4f9+mUX
        FCoVepemQptTB/fk
        -----END CERTIFICATE-----
        """

    /// For `localhost` and 127.0.0.1.
    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBrDCCAVKgAwIBAgIUa2N/yysBxG1ocDFqk+gqmu1/jeEwCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWTWFydGxldCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEyMDM1
        NTZaGA8yMDk5MTIyODIwMzU1NlowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYH
        KoZIzj0CAQYIKoZIzj0DAQcDQgAEWV8Xj41n8Kpq6qQVo7ET4EGWduqR3WFsWQfA
        So+JDPHizyd50x6OxLBj9OBqYbqmgryp6ZzVDim7UYK/bDELLKNzMHEwGgYDVR0R
        BBMwEYIJbG9jYWxob3N0hwR/AAABMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0GA1Ud
        DgQWBBRO/gSKJureOTyADoenoy/y6l2qwTAfBgNVHSMEGDAWgBQXApTNb/CBZFHY
        Omc46vaHns68DzAKBggqhkjOPQQDAgNIADBFAiEA0NFLtPffEAWpRG/zgMDm4MGs
        +G61TJcf66ktmaeaQDUCIFnoBqqFgty36GDSwZvWhgBQr++x40Al6WjE54mSnWT/
        -----END CERTIFICATE-----
        """

    /// Of `server`.
    static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjJ7y+TPoU4GDg8LI
        /TXtfbgSw/1bPGTlQOyN403Wa9yhRANCAARZXxePjWfwqmrqpBWjsRPgQZZ26pHd
        YWxZB8BKj4kM8eLPJ3nTHo7EsGP04GphuqaCvKnpnNUOKbtRgr9sMQss
        -----END PRIVATE KEY-----
        """

    /// For `broker.example`.
    static let elsewhere = """
        -----BEGIN CERTIFICATE-----
        MIIBsDCCAVagAwIBAgIUa2N/yysBxG1ocDFqk+gqmu1/jeIwCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWTWFydGxldCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEyMDM1
        NTZaGA8yMDk5MTIyODIwMzU1NlowGTEXMBUGA1UEAwwOYnJva2VyLmV4YW1wbGUw
        WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATdHuKevhqxb3Rih7K5MRal9QJa5xcY
        4KE1l8YsWVdjHj9yWZB/3PluUeF6uZqxcbeWG2iid9orINtPulO/rkK3o3IwcDAZ
        BgNVHREEEjAQgg5icm9rZXIuZXhhbXBsZTATBgNVHSUEDDAKBggrBgEFBQcDATAd
        BgNVHQ4EFgQUhhHo/EaBLm/rlN1/lLFuEnzCLwcwHwYDVR0jBBgwFoAUFwKUzW/w
        gWRR2DpnOOr2h57OvA8wCgYIKoZIzj0EAwIDSAAwRQIgCXjYv/P365+x0dr8JV6p
        JXgsM4YVvakELHdZEOBRrdgCIQDB6ct24c6pBFSR54niGJ0a7LvHvRCUb9YEO6S5
        1IOVRQ==
        -----END CERTIFICATE-----
        """

    /// Of `elsewhere`.
    static let elsewhereKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRfcDEbRI5uI4MeYL
        vvcrCWiGxZFnJ9DDCmu60p5B5e6hRANCAATdHuKevhqxb3Rih7K5MRal9QJa5xcY
        4KE1l8YsWVdjHj9yWZB/3PluUeF6uZqxcbeWG2iid9orINtPulO/rkK3
        -----END PRIVATE KEY-----
        """

    /// For a client.
    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBjDCCATOgAwIBAgIUa2N/yysBxG1ocDFqk+gqmu1/jeMwCgYIKoZIzj0EAwIw
        ITEfMB0GA1UEAwwWTWFydGxldCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjEyMDM1
        NTZaGA8yMDk5MTIyODIwMzU1NlowETEPMA0GA1UEAwwGb3JkZXJzMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEi7e5OXRVVYx/Ih8jAhylxkg4v58sYbitqfgOiESv
        CKilwO6rDZP8FuXViXbXIk5U69g+urbl+kLk7ZYV4j+FiaNXMFUwEwYDVR0lBAww
        CgYIKwYBBQUHAwIwHQYDVR0OBBYEFAWny6K4ddfLAClbQZ+hnXawstx+MB8GA1Ud
        IwQYMBaAFBcClM1v8IFkUdg6Zzjq9oeezrwPMAoGCCqGSM49BAMCA0cAMEQCIEv3
        ZFNHsMVLWkSzy7GBSTZ75mtXQKB0Ive5a/KVE+5TAiAJhS37MLTk+0iimlXab94V
        0LZxv2xq14fV0JIJpRix8A==
        -----END CERTIFICATE-----
        """

    /// Of `client`.
    static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnN4Zpb/InH4sNFtk
        ir0dz8Ex/48wTHOrzsNL+OsvcUihRANCAASLt7k5dFVVjH8iHyMCHKXGSDi/nyxh
        uK2p+A6IRK8IqKXA7qsNk/wW5dWJdtciTlTr2D66tuX6QuTtlhXiP4WJ
        -----END PRIVATE KEY-----
        """
}
